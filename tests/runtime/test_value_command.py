"""`guanxi value`: every command as a process of its own, on files as they come; no database, no Django."""

import csv
import io
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guanxi.project.testing.template import clean_environment
from guanxi.science.tests.cdnow import columns
from tests.runtime.server import ROOT

pytestmark = pytest.mark.runtime
GUANXI = [sys.executable, "-P", "-m", "guanxi.project.cli"]


def run(command: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        command, env=environment, input=stdin, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )


def value(*arguments: str | Path) -> dict[str, Any]:
    """The one JSON object that a command prints."""
    done = run([*GUANXI, "value", *map(str, arguments)])
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def several(*commands: list[str | Path]) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of commands that share one process."""
    lists = [["value", *map(str, command)] for command in commands]
    done = run([sys.executable, "-P", str(ROOT / "tests" / "runtime" / "commands.py")], stdin=json.dumps(lists))
    assert done.returncode == 0, done.stderr
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = columns("cdnow_customers_summary_with_transactions.csv")
    path = tmp_path_factory.mktemp("value") / "cdnow.csv"
    rows = zip(table["x"], table["t_x"], table["T"], table["zbar"], strict=True)
    path.write_text("x,t_x,T,m\n" + "".join(f"{x:g},{t_x},{T},{m}\n" for x, t_x, T, m in rows))
    return path


def test_fit(cdnow: Path) -> None:
    found = value("fit", "--model", "bg-nbd", cdnow)
    assert list(found) == ["model", "parameters", "standard_errors", "log_likelihood", "converged", "warnings"]
    assert list(found["parameters"]) == list(found["standard_errors"]) == ["r", "alpha", "a", "b"]
    assert list(found["parameters"].values()) == pytest.approx([0.243, 4.414, 0.793, 2.426], rel=0.002)
    assert found["log_likelihood"] == pytest.approx(-9582.4, abs=0.05)
    assert (found["model"], found["converged"], found["warnings"]) == ("bg-nbd", True, [])


def test_fit_every_model(cdnow: Path, tmp_path: Path) -> None:
    given, cohort = tmp_path / "given.csv", tmp_path / "cohort.csv"
    table = columns("donations.csv")
    names = ("frequency", "recency", "periods", "weights")
    rows = zip(*(table[name] for name in names), strict=True)
    given.write_text("x,t_x,T,n\n" + "".join(",".join(f"{cell:g}" for cell in row) + "\n" for row in rows))
    cohort.write_text("period,survivors\n0,1000\n1,869\n2,743\n3,653\n4,593\n5,551\n6,517\n7,491\n")
    cases: list[tuple[str, Path, dict[str, float]]] = [
        ("mbg-nbd", cdnow, {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}),
        ("pareto-nbd", cdnow, {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}),
        ("nbd", cdnow, {"r": 0.385, "alpha": 12.072}),
        ("gamma-gamma", cdnow, {"p": 6.25, "q": 3.74, "gamma": 15.44}),
        ("bg-bb", given, {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}),
        ("sbg", cohort, {"alpha": 0.668, "beta": 3.806}),
        ("bdw", cohort, {"alpha": 0.2143, "beta": 1.4266, "c": 1.7236}),
    ]
    answers = several(*(["fit", "--model", model, path] for model, path, _figures in cases))
    for (model, _path, figures), (code, out, err) in zip(cases, answers, strict=True):
        found = json.loads(out)
        assert (code, err, found["model"]) == (0, "", model)
        assert list(found["parameters"]) == list(figures)
        assert found["parameters"] == pytest.approx(figures, rel=0.002)
    predictions = several(
        ["predict", "--model", "bg-bb", given, "--horizon", "5"], ["predict", "--model", "sbg", cohort]
    )
    assert [out.splitlines()[0] for _code, out, _err in predictions] == [
        "x,t_x,T,n,p_alive,expected_purchases",
        "period,survivors,p_alive,retention,expected_purchases",
    ]


def test_predict(cdnow: Path) -> None:
    done = run([*GUANXI, "value", "predict", "--model", "bg-nbd", str(cdnow), "--horizon", "39", "--discount", "0.1"])
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert (done.returncode, done.stderr) == (0, "")
    assert list(rows[0]) == ["x", "t_x", "T", "m", "p_alive", "expected_purchases", "clv"]
    assert sum(float(row["expected_purchases"]) for row in rows) == pytest.approx(1653, abs=1)
    assert float(rows[0]["expected_purchases"]) == pytest.approx(1.226, abs=0.001)
    assert 0.96 < float(rows[0]["clv"]) / (1.226 * 24.66) < 0.98
    assert all(float(row["p_alive"]) == 1 for row in rows if row["x"] == "0")


def test_predict_with_given_parameters_and_margin(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("id,x,t_x,T\n客户甲,2,30.43,38.86\n")
    given = [
        "predict",
        "--model",
        "bg-nbd",
        path,
        "--horizon",
        "39",
        "--parameters",
        "r=.243,alpha=4.414,a=.793,b=2.426",
    ]
    plain, valued, counted = several(given, [*given, "--discount", "0", "--margin", "10"], [*given, "--discount", "0"])
    expected = float(plain[1].splitlines()[1].split(",")[-1])
    assert plain[1].startswith("id,x,t_x,T,p_alive,expected_purchases\n客户甲,2,30.43,38.86,0.7") and expected > 1.2
    assert float(valued[1].splitlines()[1].split(",")[-1]) == pytest.approx(10 * expected)
    assert float(counted[1].splitlines()[1].split(",")[-1]) == pytest.approx(expected) and "no-margin" in counted[2]


def test_no_dropout_is_said(tmp_path: Path) -> None:
    draw = random.Random(1)
    lines = ["x,t_x,T"]
    for _customer in range(800):
        rate, T, at, x, last = draw.gammavariate(0.8, 1 / 6), 30.0, 0.0, 0, 0.0
        while (at := at + draw.expovariate(rate)) <= T:
            x, last = x + 1, at
        lines.append(f"{x},{last},{T}")
    path = tmp_path / "loyal.csv"
    path.write_text("\n".join(lines))
    found = value("fit", "--model", "bg-nbd", path)
    assert found["model"] == "nbd" and list(found["parameters"]) == ["r", "alpha"]
    assert [each.partition(":")[0] for each in found["warnings"]] == ["no-dropout"]
    [(_code, out, err)] = several(["predict", "--model", "bg-nbd", path])
    assert {line.split(",")[3] for line in out.splitlines()[1:]} == {"1"} and "no-dropout" in err


def test_migrate_and_retain() -> None:
    chain = ["migrate", "--p", ".3,.2,.15,.05,0", "--payoff", "36,-4,-4,-4,0", "--discount", ".2"]
    ever, four, best, kept = several(
        chain,
        [*chain, "--horizon", "4"],
        [*chain, "--optimal"],
        ["retain", "--margin", "100", "--retention", ".8", "--discount", ".1"],
    )
    assert json.loads(ever[1])["value"] == pytest.approx([52.320, 5.554, 1.251, -1.820, 0], abs=5e-4)
    assert json.loads(four[1])["value"] == pytest.approx([50.115, 4.220, 0.592, -1.980, 0], abs=5e-4)
    assert json.loads(best[1])["continue"] == [True, True, True, False, False]
    found = json.loads(kept[1])
    assert (found["value"], found["value_after_one_period"]) == pytest.approx((366.667, 266.667), abs=1e-3)
    assert found["growth"]["+5"] == pytest.approx(0.2)


def test_rfm(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = ["customer,date,amount", "甲,2026-01-01,10", "甲,2026-01-01,5", "甲,2026/03/01,10"]
    rows += [f"c{number},2026-02-{number:02},{number}" for number in range(1, 10)]
    path.write_bytes("\n".join(rows).encode("gb18030"))
    found = value("rfm", path)
    assert (found["as_of"], found["number"]) == ("2026-03-01", 10)
    [first] = [row for row in found["customers"] if row["customer"] == "甲"]
    assert first == {
        "customer": "甲", "recency": 0, "frequency": 2, "monetary": 25.0, "r": 5, "f": 5, "m": 5, "rfm": "555", "score": 5.0,
    }  # fmt: skip
    assert {row["f"] for row in found["customers"] if row["frequency"] == 1} == {1}
    assert found["cut_points"]["recency"][0] == "2026-02-03"
    assert found["cut_points"]["frequency"] == [2.0, 2.0, 2.0, 2.0]


def test_rules_survival_and_uplift(tmp_path: Path) -> None:
    baskets, stays, trial = tmp_path / "baskets.csv", tmp_path / "stays.csv", tmp_path / "trial.csv"
    held = {"1": "ab", "2": "ab", "3": "abc", "4": "a", "5": "c"}
    baskets.write_text("basket,item\n" + "".join(f"{key},{item}\n" for key, items in held.items() for item in items))
    stays.write_text("duration,event\n6,1\n6,1\n6,1\n6,0\n7,1\n9,0\n10,1\n")
    draw = random.Random(2)
    people = [(draw.random(), draw.choice("xy"), draw.randrange(2)) for _person in range(1_500)]
    lines = [
        f"{age:.3f},{kind},{got},{int(draw.random() < 0.2 + 0.5 * got * (age > 0.5))}" for age, kind, got in people
    ]
    trial.write_text("age,kind,got,bought\n" + "\n".join(lines))
    rules, curve, effect = several(
        ["rules", baskets, "--support", "0.4", "--confidence", "0.75"],
        ["survival", stays],
        ["uplift", trial, "--treatment", "got", "--outcome", "bought"],
    )
    found = json.loads(rules[1])
    assert (found["baskets"], found["number"]) == (5, 2)
    assert found["rules"][0] | {"lift": 0} == {
        "if": ["b"], "then": "a", "count": 3, "support": 0.6, "confidence": 1.0, "lift": 0,
    }  # fmt: skip
    steps = json.loads(curve[1])["curve"]
    assert [step["survival"] for step in steps[:2]] == pytest.approx([4 / 7, 4 / 7 * 2 / 3])
    assert (steps[0]["at_risk"], steps[0]["events"], steps[0]["censored"]) == (7, 3, 1)
    uplift = json.loads(effect[1])
    assert uplift["qini"] > uplift["random_95"][1] > 0 and uplift["features"] == ["age", "kind"]
    assert len(uplift["deciles"]) == 10 and math.isclose(uplift["effect"], 0.25, abs_tol=0.08)


def test_bad_files_end_with_one_line_and_code_2(tmp_path: Path, cdnow: Path) -> None:
    def file(content: bytes) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_bytes(content)
        return path

    fit = ["fit", "--model", "bg-nbd"]
    cases: list[tuple[list[str | Path], str]] = [
        ([*fit, tmp_path / "none.csv"], "No such file"),
        ([*fit, file(b"")], "is empty"),
        ([*fit, file(b"x,t_x,T\n")], "has no rows"),
        ([*fit, file(b"x,t_x\n1,2\n")], "has no column T. It has: x, t_x."),
        ([*fit, file(b"x,t_x,T\n1,2,3\n1,zwei,3\n")], "line 3: t_x is no number: 'zwei'."),
        ([*fit, file(b"x,t_x,T\n1,-2,3\n")], "line 2: t_x is negative"),
        ([*fit, file(b"x,t_x,T\n1,4,3\n")], "t_x is later than T in row 1"),
        ([*fit, file(b"x,t_x,T\n1,nan,3\n")], "line 2: t_x is not a finite number"),
        ([*fit, file(b"x,t_x,T\n0,0,3\n0,0,5\n")], "Nobody bought again"),
        ([*fit, file(b"x,t_x,T\n1,\xff\xff\xff,3\n")], "encoding"),
        (["fit", "--model", "arima", cdnow], "There is no model arima. Models: bg-nbd"),
        (["fit", "--model", "sbg", cdnow], "has no column period"),
        (["predict", "--model", "bg-nbd", cdnow, "--parameters", "r=1"], "bg-nbd has the parameters r, alpha, a, b"),
        (["predict", "--model", "bg-nbd", cdnow, "--horizon", "-1"], "horizon"),
        (["rfm", cdnow], "has no column customer"),
        (["rfm", file(b"customer,date,amount\na,31/12/2026,1\n")], "line 2: date is no date with the year first"),
        (["migrate", "--p", ".3,x", "--payoff", "1,2", "--discount", "0"], "--p takes numbers"),
        (["migrate", "--p", ".3,.2", "--payoff", "1", "--discount", "0"], "p has 2 states, payoff 1"),
        (["retain", "--margin", "1", "--retention", "1.2", "--discount", "0"], "Retention is a share"),
        (["rules", file(b"basket,item\n1,a\n"), "--support", "x", "--confidence", "1"], "--support takes a share"),
        (["survival", file(b"duration,event\n1,2\n")], "event is neither 0 nor 1"),
        (["uplift", cdnow, "--treatment", "x", "--outcome", "m"], "x is neither 0 nor 1"),
    ]
    for (command, fault), (code, out, err) in zip(cases, several(*(command for command, _fault in cases)), strict=True):
        assert (code, out) == (2, ""), (command, err)
        assert err.startswith("guanxi: ") and err.count("\n") == 1 and fault in err


def test_the_command_loads_neither_django_nor_the_database() -> None:
    code = (
        "import sys\nsys.argv = ['guanxi', 'value', 'retain', '--margin', '1', '--retention', '.5', '--discount', '.1']\n"
        "from guanxi.project.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code\n"
        "print(sorted({'django', 'psycopg', 'scipy.optimize', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = run([sys.executable, "-P", "-c", code])
    assert done.stderr == "[]\n" and json.loads(done.stdout)["value"] == pytest.approx(1.1 / 0.6)


def test_help_and_the_wrapper() -> None:
    done = run([str(ROOT / "guanxi"), "value", "fit", "--help"])
    assert done.returncode == 0 and "--model" in done.stdout
