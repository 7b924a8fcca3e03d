"""Prints, as JSON, what a program says to the package `aliyun_live`: the names of arguments by callee, and the attributes it reads."""

import ast
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    tree = ast.parse(file.read(), sys.argv[1])

PACKAGE = "aliyun_live"


def member(node):
    """`X` of `aliyun_live.X`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == PACKAGE:
        return node.attr
    return None


calls, values = [], []
for node in ast.walk(tree):
    if isinstance(node, ast.Call) and member(node.func):
        calls.append([member(node.func), [keyword.arg for keyword in node.keywords]])
    if isinstance(node, ast.Attribute) and member(node.value):
        values.append([member(node.value), node.attr])
print(json.dumps({"calls": calls, "values": values}))
