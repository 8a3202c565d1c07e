"""Expands, differentiates and simplifies expressions."""

from common import RANDOM, loaded, scaled, show
from sympy import cos, diff, expand, factor, sin, symbols
from sympy.parsing.sympy_parser import parse_expr

X, Y, Z = symbols("x y z")


def term():
    a, b, c = (RANDOM.randint(1, 9) for _ in range(3))
    return RANDOM.choice([a * X**b + c * Y, (a * X + b * Y) ** 2, X * Y * c - Z**a, a * sin(b * X) + c])


def work(number):
    product = expand((term() + term()) * (term() - term()))
    found = [
        diff(product, X),
        factor(product.subs(Y, number % 5)),
        parse_expr(f"{number}*x + {number % 7}*y**2 - sin(z)"),
    ]
    return " ".join(map(str, [product, *found, cos(X).diff(X, number % 4)]))


loaded()
show(map(work, range(scaled(25))))
