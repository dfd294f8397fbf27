"""An age-assurance method as a program: reads requests from stdin, writes answers to stdout, a JSON object a line."""
import json
import sys


def age_of(photo: bytes) -> float:
    return 10 + sum(photo) % 600 / 10  # put your method here; this one takes any number from the file


for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "hello":
        reply = {"type": "ready", "agebench": 1, "version": "1", "media": "path", "answers": ["age"]}
    elif request["type"] == "attempt":
        with open(request["path"], "rb") as file:
            photo = file.read()
        reply = {"type": "answer", "n": request["n"], "status": "answered", "age": age_of(photo)}
    else:  # bye
        break
    print(json.dumps(reply), flush=True)
