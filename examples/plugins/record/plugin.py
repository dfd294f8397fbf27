"""A method without a photo: judges how likely a person is an adult from how long their account has existed."""
import json
import sys


def judge(columns: dict, limits: list) -> dict:
    days = columns.get("account_age_days", "")
    if not days:
        return {"status": "abstained", "reason": "the age of the account is unknown"}
    youngest = 13 + float(days) / 365.25  # nobody opens an account before 13
    decisions = {str(limit): "pass" if youngest >= limit else "deny" for limit in limits}
    return {"status": "answered", "decisions": decisions}


limits = []
for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "hello":
        limits = request["limits"]
        reply = {"type": "ready", "agebench": 1, "version": "1", "media": "none", "answers": ["decisions"]}
    elif request["type"] == "attempt":
        reply = {"type": "answer", "n": request["n"], **judge(request["columns"], limits)}
    else:
        break
    print(json.dumps(reply), flush=True)
