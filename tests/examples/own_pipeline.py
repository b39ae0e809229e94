"""A restricted Boltzmann machine below a classifier, in a pipeline of scikit-learn's whose settings are searched."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from harmonium.estimators import BernoulliRBM, LogisticRegression

x, y = load_digits(return_X_y=True, as_frame=True)
x, x_test, y, y_test = train_test_split(x, y, train_size=800, random_state=0, stratify=y)

steps = [
    ("codes", BernoulliRBM(learning_rate=0.2, max_epochs=20, random_state=0)),
    ("classes", LogisticRegression(learning_rate=0.03, random_state=0)),
]
search = GridSearchCV(Pipeline(steps), {"codes__hidden": [4, 64]}, cv=2).fit(x, y)
print(f"{search.score(x_test, y_test):.1%} of the held-out digits are read, by {search.best_params_}")
