# conan create cmake/packaging        (Conan 2; headers and CMake package, no binaries)
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake
from conan.tools.files import copy, load


class Saddle(ConanFile):
    name = "saddle"
    license = "MIT"
    description = "Communication-efficient distributed training of GANs and min-max problems, header-only"
    package_type = "header-library"
    settings = "os", "compiler", "build_type", "arch"
    generators = "CMakeToolchain", "CMakeDeps"
    options = {"games": [True, False]}
    default_options = {"games": True}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        config = load(self, os.path.join(self._root, "include", "saddle", "config.hpp"))
        self.version = ".".join(re.findall(r"#define SADDLE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config))

    def export_sources(self):
        for what in ("CMakeLists.txt", "LICENSE", "include/*", "cmake/*"):
            copy(self, what, self._root, self.export_sources_folder)

    def requirements(self):
        if self.options.games:
            self.requires("eigen/3.4.0", transitive_headers=True)
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True)

    def build(self):
        cmake = CMake(self)
        off = {f"SADDLE_{what}": "OFF" for what in ("BUILD_TESTS", "BUILD_BENCH", "BUILD_EXAMPLES", "CUDA", "MPI", "TORCH")}
        cmake.configure(variables=off)

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # The project's own CMake package, with its components.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["share/cmake/saddle"]

    def package_id(self):
        self.info.clear()
