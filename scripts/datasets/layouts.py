"""What stands in each fixture of `agebench import`: the pictures by their paths, and the label files."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
from scipy.io import savemat


@dataclass
class Layout:
    name: str
    pictures: list[str]
    files: dict[str, str | bytes] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)


UTKFACE = Layout(
    "utkface",
    [
        "1_0_0_20170109190000001.jpg.chip.jpg",
        "17_1_2_20170109190000002.jpg.chip.jpg",
        "18_0_4_20170109190000003.jpg.chip.jpg",
        # The same picture with two ages: `check` finds it.
        "26_1_3_20170109190000004.jpg.chip.jpg",
        "20_1_3_20170109190000004.jpg.chip.jpg",
        "116_1_1_20170109190000005.jpg.chip.jpg",
        # A stamp of 16 digits, and a space before the ending: odd, and legible.
        "14_0_0_2017011022340900.jpg.chip.jpg",
        "24_0_1_20170116220224657 .jpg",
        # Race or sex missing, empty or not one that there is.
        "39_1_20170116174525125.jpg.chip.jpg",
        "61_1_20170109142408075.jpg.chip.jpg",
        "61_3_1_20170109150557335.jpg.chip.jpg",
        "53__0_20170116184028385.jpg",
        "25_0_7_20170109190000006.jpg.chip.jpg",
        "130_0_0_20170109190000007.jpg.chip.jpg",
        "cover.jpg",
    ],
    {"readme.txt": "Drawn.\n"},
    same={"20_1_3_20170109190000004.jpg.chip.jpg": "26_1_3_20170109190000004.jpg.chip.jpg"},
)

FG_NET = Layout(
    "fg-net",
    [
        "images/001A02.JPG",
        "images/001A43a.JPG",
        "images/001A43b.jpg",
        "images/002a17.JPG",
        "images/082A69.JPG",
        "images/083B12.JPG",
    ],
    {"points/001a02.pts": "version: 1\nn_points: 68\n{\n1.0 2.0\n}\n"},
)

FAIRFACE = Layout(
    "fairface",
    [
        *(f"fairface-img-margin025-trainval/train/{n}.jpg" for n in (1, 2, 3, 4, 5, 9)),
        *(f"fairface-img-margin025-trainval/val/{n}.jpg" for n in (1, 2)),
    ],
    {
        # CRLF and a byte order mark, as a spreadsheet leaves them; 6.jpg is not there, and 9.jpg has no row.
        "fairface_label_train.csv": "\ufefffile,age,gender,race,service_test\r\n"
        "train/1.jpg,50-59,Male,East Asian,True\r\n"
        "train/2.jpg,3-9,Female,Latino_Hispanic,False\r\n"
        "train/3.jpg,10-19,Female,Black,True\r\n"
        "train/4.jpg,more than 70,Male,White,False\r\n"
        "train/5.jpg,young,Male,White,False\r\n"
        "train/6.jpg,20-29,Male,White,False\r\n",
        "fairface_label_val.csv": "file,age,gender,race,service_test\n"
        "val/1.jpg,0-2,Male,Middle Eastern,True\n"
        "val/2.jpg,20-29,Female,Southeast Asian,False\n",
    },
)

CSV = Layout(
    "csv",
    ["faces/a.png", "faces/b.png", "faces/c d.png", "faces/ü.png"],
    {
        "labels.csv": "filename,gender,age,person,partition,face_x0,face_y0,face_x1,face_y1,country\n"
        "faces/a.png,f,17,p1,test,2,1,14,15,North\n"
        "faces/b.png,m,25-32,p2,test,,,,,South\n"
        'faces/c d.png,f,"(38, 43)",p1,train,2,1,14,15,"North, far"\n'
        "faces/ü.png,m,None,p3,train,-1,-1,-1,-1,\n"
        "faces/a.png,m,60+,p4,test,2,1,14,15,North\n"
        "faces/a.png,m,20,p4,test,14,1,2,15,North\n"
        "faces/a.png,m,20,p4,test,0,0,8,8,North\n"
        "faces/b.png,m,twenty,p5,test,,,,,North\n",
    },
)



def parquet(columns: dict[str, pyarrow.Array], **options) -> bytes:
    """A Parquet file as pyarrow writes it."""
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out, **options)
    return out.getvalue()


# Two groups of rows, compressed with Snappy; texts, a dictionary, whole numbers with and without a sign, floats with nulls, days, booleans.
PARQUET = Layout(
    "parquet",
    ["faces/a.png", "faces/b.png", "faces/c.png", "faces/ü.png"],
    {
        "labels.parquet": parquet(
            {
                "image": pyarrow.array(["faces/a.png", "faces/b.png", "faces/ü.png", "faces/gone.png", "faces/c.png"]),
                "age": pyarrow.array([17.0, 25.0, None, 30.0, 130.0], pyarrow.float64()),
                "person": pyarrow.array([7, 8, -9, 10, 11], pyarrow.int32()),
                "partition": pyarrow.array(["test", "test", "train", "train", "test"]).dictionary_encode(),
                "gender": pyarrow.array(["f", None, "m", "m", "f"]),
                "taken": pyarrow.array([13482, 0, None, 1, 2], pyarrow.date32()),
                "width": pyarrow.array([16, 65535, 16, 16, 16], pyarrow.uint16()),
                "outdoors": pyarrow.array([True, False, None, True, True]),
                "embedding": pyarrow.array([[0.5], [], None, [1.0], [1.0]], pyarrow.list_(pyarrow.float32())),
            },
            row_group_size=3,
        )
    },
)

MORPH2 = Layout(
    "morph2",
    [
        "Album2/000001_1M54.JPG",
        "Album2/000001_2M55.JPG",
        "Album2/000002_0F16.JPG",
        "Album2/000002_1M17.JPG",
        "Album2/000003_0M30.JPG",
        "Album2/000004_0F77.JPG",
        "Album2/000009_0F20.JPG",
    ],
    {
        # Subject 2 changes sex and race from one booking to the next; row 6 says 31 where its photo says 30.
        "morph_2008_nonCommercial.csv": "id_num,picture_num,dob,doa,race,gender,facial_hair,age,age_diff,glasses,photo\n"
        "000001,1,01/02/1950,03/04/2004,B,M,1,54,0,0,Album2/000001_1M54.JPG\n"
        "000001,2,01/02/1950,03/04/2005,B,M,1,55,365,0,Album2/000001_2M55.JPG\n"
        "000002,0,05/06/1988,07/08/2004,W,F,0,16,0,0,Album2/000002_0F16.JPG\n"
        "000002,1,05/06/1988,07/08/2005,H,M,0,17,365,0,Album2/000002_1M17.JPG\n"
        "000003,0,05/06/1974,07/08/2004,A,M,0,31,0,1,Album2/000003_0M30.JPG\n"
        "000004,0,05/06/1927,07/08/2004,O,F,0,77,0,1,Album2/000004_0F77.JPG\n"
        "000005,0,05/06/1980,07/08/2004,W,M,0,24,0,1,Album2/000005_0M24.JPG\n"
        "000006,0,,,W,M,0,old,0,1,Album2/000006_0M24.JPG\n",
    },
)


def mat(name: str, fields: dict, compressed: bool) -> bytes:
    """A MATLAB file of level 5 with one struct, as SciPy writes it."""
    out = io.BytesIO()
    savemat(out, {name: fields}, do_compression=compressed)
    bytes_ = bytearray(out.getvalue())
    # The header holds the platform and the hour: neither belongs into a fixture.
    bytes_[:116] = b"MATLAB 5.0 MAT-file, drawn for agebench".ljust(116)
    return bytes(bytes_)


def cells(values: list[str]) -> numpy.ndarray:
    array = numpy.empty((1, len(values)), dtype=object)
    array[0, :] = values
    return array


AGEDB = Layout(
    "agedb",
    [
        "0_AnnaExample_35_f.jpg",
        "1_AnnaExample_17_f.jpg",
        "2_JörgMuster_101_m.jpg",
        "3_Mary_Sample_8_f.jpg",
        "4_JohnDoe_x_m.jpg",
        "5_JohnDoe_40_u.jpg",
        "6_JohnDoe_40.jpg",
    ],
)

APPA_REAL = Layout(
    "appa-real",
    [
        *(f"train/{n:06}.jpg" for n in (0, 1, 2)),
        "train/000000.jpg_face.jpg",
        "valid/004113.jpg",
        "test/005613.jpg",
        "test/005614.jpg",
        "test/005615.jpg",
    ],
    {
        "gt_avg_train.csv": "file_name,num_ratings,apparent_age_avg,apparent_age_std,real_age\n"
        "000000.jpg,36,5.0556,1.7,4\n000001.jpg,38,18.3684,4.1,17\n000002.jpg,40,79.975,6.2,90\n000003.jpg,40,30.5,6.2,31\n",
        "gt_avg_valid.csv": "file_name,num_ratings,apparent_age_avg,apparent_age_std,real_age\n004113.jpg,12,24.25,3.5,22.0\n",
        "gt_avg_test.csv": "file_name,num_ratings,apparent_age_avg,apparent_age_std,real_age\n"
        "005613.jpg,39,54.2821,5.1,54\n005614.jpg,39,12.5,2.1,12.5\n",
        "gt_train.csv": "file_name,age,worker\n000000.jpg,4,1\n",
    },
)

CLAP2016 = Layout(
    "clap2016",
    ["train/000001.jpg", "train/000002.jpg", "valid/000003.jpg", "test/000004.jpg"],
    {
        "train_gt.csv": "image,mean,stdv\n000001.jpg,59.4,6.3\n000002.jpg,17.75,2.5\n",
        "valid_gt.csv": "image,mean,stdv\n000003.jpg,nan,3.0\n",
        "test_gt.csv": "image,mean,stdv\n000004.jpg,3,0.9\n000005.jpg,33,4.0\n",
    },
)

AFAD = Layout(
    "afad",
    ["15/111/100000-0.jpg", "15/111/100000-1.jpg", "18/112/200000-0.jpg", "72/112/300001-0.jpg", "20/113/4-0.jpg", "20/111/5.jpg", "x.jpg"],
)

CACD2000 = Layout(
    "cacd2000",
    [
        "CACD2000/14_Anna_Example_0001.jpg",
        "CACD2000/18_Anna_Example_0002.jpg",
        "CACD2000/40_Jörg_Muster_0001.jpg",
        "CACD2000/62_Mary_Sample_0001.jpg",
        "CACD2000/33_Mary_Sample_0002.jpg",
        "CACD2000/50_Nobody_Else_0001.jpg",
    ],
    {
        "celebrity2000_meta.mat": mat(
            "celebrityImageData",
            {
                "age": numpy.array([[14], [18], [40], [62], [34], [25]], dtype=numpy.uint8),
                "identity": numpy.array([[1], [1], [2], [3], [3], [4]], dtype=numpy.uint16),
                "year": numpy.array([[2004], [2008], [2010], [2012], [2013], [2013]], dtype=numpy.uint16),
                "rank": numpy.array([[1], [1], [4], [50], [50], [6]], dtype=numpy.uint8),
                "name": cells(
                    [
                        "14_Anna_Example_0001.jpg",
                        "18_Anna_Example_0002.jpg",
                        "40_Jörg_Muster_0001.jpg",
                        "62_Mary_Sample_0001.jpg",
                        "33_Mary_Sample_0002.jpg",
                        "25_Gone_Person_0001.jpg",
                    ]
                ).T,
            },
            compressed=True,
        )
    },
)

IMDB_WIKI = Layout(
    "imdb-wiki",
    [
        "imdb_crop/01/nm0000001_rm100_1980-5-4_2009.jpg",
        "imdb_crop/01/nm0000001_rm101_1980-5-4_1998.jpg",
        *(f"imdb_crop/02/nm000000{n}_rm10{n}_1990-8-1_2008.jpg" for n in (2, 3, 4, 5, 6)),
    ],
    {
        "imdb.mat": mat(
            "imdb",
            {
                # 1980-05-04, 1990-08-01, and a day that is none.
                "dob": numpy.array([[723305, 723305, 727046, 727046, 727046, 0, 727046, 727046]], dtype=numpy.float64),
                "photo_taken": numpy.array([[2009, 1998, 2008, 2008, 2008, 2008, 1980, 2008]], dtype=numpy.uint16),
                "full_path": cells(
                    [
                        "01/nm0000001_rm100_1980-5-4_2009.jpg",
                        "01/nm0000001_rm101_1980-5-4_1998.jpg",
                        *(f"02/nm000000{n}_rm10{n}_1990-8-1_2008.jpg" for n in (2, 3, 4, 5, 6, 7)),
                    ]
                ),
                "gender": numpy.array([[0, 0, 1, 1, numpy.nan, 1, 1, 1]]),
                "name": cells(["Anna Example", "Anna Example", "B", "C", "D", "E", "F", "G"]),
                "face_score": numpy.array([[4.2, 3.1, -numpy.inf, 2.0, 5.0, 3.0, 3.0, 3.0]]),
                "second_face_score": numpy.array([[numpy.nan, -1.0, numpy.nan, 2.5, numpy.nan, numpy.nan, numpy.nan, numpy.nan]]),
                "celeb_id": numpy.array([[1, 1, 2, 3, 4, 5, 6, 7]], dtype=numpy.float64),
            },
            compressed=False,
        )
    },
)

IMDB_CLEAN = Layout(
    "imdb-clean",
    ["imdb/01/nm0000001_rm100.jpg", "imdb/01/nm0000001_rm101.jpg", "imdb/02/nm0000002_rm102.jpg", "imdb/03/nm0000003_rm103.jpg", "imdb/03/x.jpg"],
    {
        "imdb_train_new.csv": "filename,age,gender,x_min,y_min,x_max,y_max,head_roll,head_yaw,head_pitch\n"
        "01/nm0000001_rm100.jpg,17,F,2,1,14,15,0.1,-2.5,3.0\n01/nm0000001_rm101.jpg,28,F,2.5,1,14,15,0.1,-2.5,3.0\n",
        "imdb_valid_new.csv": "filename,age,gender,x_min,y_min,x_max,y_max,head_roll,head_yaw,head_pitch\n"
        "02/nm0000002_rm102.jpg,40,M,14,1,2,15,0.1,-2.5,3.0\n03/x.jpg,41,M,2,1,14,15,0.1,-2.5,3.0\n",
        "imdb_test_new.csv": "filename,age,gender,x_min,y_min,x_max,y_max,head_roll,head_yaw,head_pitch\n"
        "03/nm0000003_rm103.jpg,65,M,2,1,14,15,0.1,-2.5,3.0\n",
    },
)

ADIENCE_HEADER = "user_id\toriginal_image\tface_id\tage\tgender\tx\ty\tdx\tdy\ttilt_ang\tfiducial_yaw_angle\tfiducial_score\n"
ADIENCE_TAIL = "\t0\t0\t16\t16\t-5\t0\t95\n"
ADIENCE = Layout(
    "adience",
    [
        f"faces/{user}/coarse_tilt_aligned_face.{face}.{image}"
        for user, face, image in [
            ("100@N00", 1, "1_a_o.jpg"),
            ("100@N00", 1, "2_a_o.jpg"),
            ("100@N00", 2, "2_a_o.jpg"),
            ("200@N00", 5, "3_b_o.jpg"),
            ("200@N00", 6, "3_b_o.jpg"),
            ("300@N00", 7, "4_c_o.jpg"),
            ("300@N00", 8, "5_c_o.jpg"),
        ]
    ],
    {
        "fold_0_data.txt": ADIENCE_HEADER
        + "100@N00\t1_a_o.jpg\t1\t(25, 32)\tf"
        + ADIENCE_TAIL
        + "100@N00\t2_a_o.jpg\t1\t(8, 23)\tf"
        + ADIENCE_TAIL
        + "100@N00\t2_a_o.jpg\t2\t13\tm"
        + ADIENCE_TAIL,
        "fold_1_data.txt": ADIENCE_HEADER + "200@N00\t3_b_o.jpg\t5\tNone\tu" + ADIENCE_TAIL + "200@N00\t3_b_o.jpg\t6\t(60, 100)\t" + ADIENCE_TAIL,
        "fold_2_data.txt": ADIENCE_HEADER + "300@N00\t4_c_o.jpg\t7\told\tm" + ADIENCE_TAIL,
        "fold_3_data.txt": ADIENCE_HEADER + "300@N00\t9_c_o.jpg\t7\t(0, 2)\tm" + ADIENCE_TAIL,
        "fold_4_data.txt": ADIENCE_HEADER,
        "fold_frontal_0_data.txt": ADIENCE_HEADER + "100@N00\t1_a_o.jpg\t1\t(25, 32)\tf" + ADIENCE_TAIL,
    },
)

LAGENDA = Layout(
    "lagenda",
    ["lag_benchmark/aa.jpg", "lag_benchmark/b5c8ef090f134ad5.jpg.jpg", "lag_benchmark/cc.jpg"],
    {
        "lagenda_annotation.csv": "img_name,age,gender,face_x0,face_y0,face_x1,face_y1,person_x0,person_y0,person_x1,person_y1\n"
        "lag_benchmark/aa.jpg,34,F,1,1,8,8,0,0,9,16\n"
        "lag_benchmark/aa.jpg,17,M,8,1,15,8,8,0,16,16\n"
        "lag_benchmark/aa.jpg,-1,-1,-1,-1,-1,-1,3,0,6,16\n"
        "lag_benchmark/b5c8ef090f134ad5.jpg.jpg,3,M,2,1,14,15,-1,-1,-1,-1\n"
        "lag_benchmark/cc.jpg,50,F,-1,-1,-1,-1,0,0,16,16\n"
        "lag_benchmark/dd.jpg,50,F,2,1,14,15,0,0,16,16\n",
    },
)

MEGAAGE_ASIAN = Layout(
    "megaage-asian",
    ["train/1.jpg", "train/2.jpg", "train/3.jpg", "test/1.jpg", "test/2.jpg", "test/9.jpg"],
    {
        "list/train_name.txt": "1.jpg\n2.jpg\n3.jpg\n4.jpg\n",
        "list/train_age.txt": "0\n17\n70\n20\n",
        "list/train_dis.txt": "0.1 0.9\n0.1 0.9\n0.1 0.9\n0.1 0.9\n",
        "list/test_name.txt": "1.jpg\r\n2.jpg\r\n",
        "list/test_age.txt": "18\r\nx\r\n",
        "list/test_gender.txt": "1\r\n0\r\n",
    },
)

AAF = Layout(
    "aaf",
    [
        *(f"original images/{n}.jpg" for n in ("00000A02", "07380A17", "07381A80", "13321A45")),
        *(f"aligned faces/{n}.jpg" for n in ("00000A02", "07380A17", "07381A80", "13321A45")),
    ],
    {
        "image sets/train.txt": "00000A02 0\n07381A80 1\n07382A33 1\n",
        "image sets/val.txt": "07380A17.jpg 0\n13322A 1\n00001A09\n",
        "key points/00000A02.txt": "1 2\n",
    },
)

CASUAL_CONVERSATIONS = Layout(
    "casual-conversations-v2",
    [
        "ccv2-frames-part-1/0001/0001_00.jpg",
        "ccv2-frames-part-1/0001/0001_01.jpg",
        "ccv2-frames-part-2/0022/0022_00.jpg",
        "ccv2-frames-part-5/0333/0333_00.jpg",
        "ccv2-frames-part-5/0444/0444_00.jpg",
        "ccv2-frames-part-5/9999/9999_00.jpg",
        "cover.jpg",
    ],
    {
        "CasualConversationsV2.json": json.dumps(
            [
                {
                    "subject_id": subject,
                    "video_name": f"{subject}_{n}.mp4",
                    "age": age,
                    "gender": gender,
                    "geo_location": {"country": country, "state": "x"},
                    "fitzpatrick_skin_tone": {"type": "type iii", "confidence": "high"},
                    "monk_skin_tone": {"scale": "scale 5", "confidence": "high"},
                }
                for n, (subject, age, gender, country) in enumerate(
                    [
                        ("0001", "18", "woman", "North"),
                        ("0001", "18", "woman", "North"),
                        (22, 61, "man", "South"),
                        ("0333", "prefer not to say", "", "South"),
                        ("0444", "30", "man", "East"),
                        ("0444", "31", "man", "East"),
                    ]
                )
            ],
            indent=1,
        ),
        "CasualConversationsV2_activity.json": "[]",
    },
)

PEOPLE = "img,yrs,pid,notes\nfaces/a.jpg,17,p1,\nfaces/b.jpg,25.5,p2,tall\nfaces/c.jpg,,p2,\nfaces/d.jpg,30,p3,\n"


def croissant_field(name: str, column: str, kind: str) -> dict:
    return {
        "@type": "cr:Field",
        "@id": f"people/{name}",
        "name": f"people/{name}",
        "dataType": kind,
        "source": {"fileObject": {"@id": "people-csv"}, "extract": {"column": column}},
    }


# As others write it: names of fields that are not those of the columns, and a record set of something else before it.
CROISSANT = Layout(
    "croissant",
    ["faces/a.jpg", "faces/b.jpg", "faces/c.jpg"],
    {
        "people.csv": PEOPLE,
        "croissant.json": json.dumps(
            {
                "@context": json.loads((Path(__file__).parent / "croissant_context.json").read_text()),
                "@type": "sc:Dataset",
                "conformsTo": "http://mlcommons.org/croissant/1.0",
                "name": "drawn-people",
                "description": "Drawn people.",
                "license": "https://creativecommons.org/publicdomain/zero/1.0/",
                "url": "https://example.com/drawn-people",
                "version": "1.2.0",
                "distribution": [
                    {
                        "@type": "cr:FileObject",
                        "@id": "people-csv",
                        "name": "people-csv",
                        "contentUrl": "people.csv",
                        "encodingFormat": "text/csv",
                        "sha256": hashlib.sha256(PEOPLE.encode()).hexdigest(),
                    }
                ],
                "recordSet": [
                    {
                        "@type": "cr:RecordSet",
                        "@id": "words",
                        "name": "words",
                        "field": [{"@type": "cr:Field", "@id": "words/word", "name": "words/word", "dataType": "sc:Text"}],
                        "data": [{"words/word": "tall"}],
                    },
                    {
                        "@type": "cr:RecordSet",
                        "@id": "people",
                        "name": "people",
                        "field": [
                            croissant_field("path", "img", "sc:Text"),
                            croissant_field("age", "yrs", "sc:Float"),
                            croissant_field("subject_id", "pid", "sc:Text"),
                        ],
                    },
                ],
            },
            indent=2,
        ),
    },
)

FRICTIONLESS = Layout(
    "frictionless",
    ["faces/a.jpg", "faces/b.jpg"],
    {
        "words.csv": "word,meaning\ntall,of great height\n",
        "people.csv": "filename,age_min,age_max,person,split\nfaces/a.jpg,13,17,p1,test\nfaces/b.jpg,18,18,p2,test\nfaces/c.jpg,20,30,p2,test\n"
        "faces/b.jpg,18,18,p2,test\nfaces/a.jpg,17,13,p1,train\n",
        "datapackage.json": json.dumps(
            {
                "name": "drawn-people",
                "title": "Drawn people",
                "version": "2.0",
                "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
                "sources": [{"title": "Drawn for agebench"}],
                "resources": [
                    {"name": "words", "path": "words.csv", "schema": {"fields": [{"name": "word", "type": "string"}, {"name": "meaning", "type": "string"}]}},
                    {
                        "name": "people",
                        "path": "people.csv",
                        "schema": {
                            "fields": [
                                {"name": "filename", "type": "string"},
                                {"name": "age_min", "type": "integer"},
                                {"name": "age_max", "type": "integer"},
                                {"name": "person", "type": "string"},
                                {"name": "split", "type": "string"},
                            ]
                        },
                    },
                ],
            },
            indent=2,
        ),
    },
)

ALL = [
    AAF,
    ADIENCE,
    AFAD,
    AGEDB,
    APPA_REAL,
    CACD2000,
    CASUAL_CONVERSATIONS,
    CLAP2016,
    CROISSANT,
    CSV,
    FAIRFACE,
    FG_NET,
    FRICTIONLESS,
    IMDB_CLEAN,
    IMDB_WIKI,
    LAGENDA,
    MEGAAGE_ASIAN,
    MORPH2,
    PARQUET,
    UTKFACE,
]
