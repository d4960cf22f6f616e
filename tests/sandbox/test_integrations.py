"""`GET /integrations`: what each accounting software supports."""

from .conftest import Api


def test_each_integration_says_whether_customers_can_be_written(api: Api) -> None:
    rows = api.get("/integrations", page=1, pageSize=100).json()["results"]
    states = {
        row["key"]: {
            feature["featureType"]: feature["featureState"]
            for described in row["datatypeFeatures"]
            for feature in described["supportedFeatures"]
        }
        for row in rows
    }
    assert {states[key].get("Put") for key in states} == {"Release", "NotSupported", None}
    for row in rows:
        assert api.get(f"/integrations/{row['key']}").json() == row


def test_an_unknown_integration_is_not_found(api: Api) -> None:
    assert api.get("/integrations/none").status_code == 404
