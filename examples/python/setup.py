import re
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup

include = Path(__file__).resolve().parent.parent.parent / "include"
headers = [str(path) for path in include.rglob("*.hpp")]
version = re.findall(r"define SADDLE_VERSION_\w+ (\d+)", (include / "saddle/config.hpp").read_text())

setup(
    version=".".join(version),
    py_modules=["saddle_ddp"],
    ext_modules=[
        Pybind11Extension(
            "saddle",
            ["saddle_module.cpp"],
            cxx_std=20,
            include_dirs=[str(include)],
            depends=headers,
            # Those of saddle::bitwise: equal arrays give equal messages on every processor.
            define_macros=[("SADDLE_BITWISE", None)],
            extra_compile_args=["-O3", "-ffp-contract=off", "-fno-math-errno"],
        )
    ],
)
