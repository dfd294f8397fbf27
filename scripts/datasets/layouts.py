"""What stands in each fixture of `agebench import`: the pictures by their paths, and the label files."""

from dataclasses import dataclass, field


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

ALL = [MORPH2, UTKFACE, FG_NET, FAIRFACE, CSV]
