# `make demo` shows the package at work, `make test` tests it, `make book` builds its book. All make .venv first.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
FRESH := $(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test lint book bench results reproduce rerun pretrained campaigns clean

demo: $(VENV)/demo
	@if $(BIN)/python -m harmonium data fetch mnist; then \
		$(BIN)/python -m harmonium train lenet --max-epochs 4 --out runs/demo-$(FRESH); \
	else \
		echo "So the demonstration runs on the digits that come with scikit-learn."; \
		$(BIN)/python -m harmonium train lenet --data digits --kernels 20 --kernel-sizes 3 --batch-size 20 \
			--max-epochs 40 --out runs/demo-$(FRESH); \
	fi

# A file's tests share a process, and with it the programs that they compile.
test: $(VENV)/test
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Runs every chapter; a warning is an error. Without npm, formulas are MathML.
book: $(VENV)/book
	@if command -v npm >/dev/null && [ ! -d book/node_modules/katex ]; then \
		npm install --prefix book --no-audit --no-fund --ignore-scripts --silent || echo "npm gave no KaTeX: formulas will be MathML"; \
	fi
	$(BIN)/python -m sphinx -b html -W --keep-going -q book book/_build/html
	$(BIN)/python -m pytest tests/book
	@echo "The book lies in book/_build/html/index.html"

bench: $(VENV)/test
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks

# Hours: fuzzing of every parser, killed runs, two writers, full disks, little memory. Their tables go into
# results/campaigns.md; what is interrupted goes on at the next start.
campaigns: $(VENV)/test
	$(BIN)/python tests/campaigns/fuzz.py --count 100000 --table results/campaigns.md
	$(BIN)/python tests/campaigns/kills.py --kills 100 --table results/campaigns.md
	$(BIN)/python tests/campaigns/writers.py --pairs 50 --table results/campaigns.md
	$(BIN)/python tests/campaigns/likelihoods.py --out results/likelihoods.jsonl --table results/likelihoods.md
	$(BIN)/python tests/campaigns/disk.py --tries 50 --table results/campaigns.md
	$(BIN)/python tests/campaigns/memory.py --tries 45 --table results/campaigns.md

results: $(VENV)/demo
	$(BIN)/python results/render.py

# The published rows that take minutes, run again and compared.
reproduce: $(VENV)/demo
	@for row in logistic-regression denoising-autoencoder contractive-autoencoder codes-of-denoising-autoencoder \
		slot-filling slot-filling-averaged mcrbm; do echo "$$row"; $(BIN)/harmonium reproduce $$row --quiet || exit 1; done

# Thirty hours on one core: every published row with every seed. Stopped, the same command goes on.
rerun: $(VENV)/demo
	$(BIN)/python results/rerun.py --runs $(or $(RUNS),runs/published)

# Half an hour: trains the ready-made models, and puts them into the package.
pretrained: $(VENV)/demo
	$(BIN)/python results/pretrained.py

$(VENV)/demo: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "harmonium needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/test: $(VENV)/demo
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(VENV)/book: $(VENV)/test
	$(BIN)/python -m pip install --quiet --editable '.[book]'
	@touch $@

clean:
	rm -rf $(VENV) book/_build book/node_modules .mypy_cache .ruff_cache .pytest_cache
