# A recipe of a local repository of Spack's: its folder is packages/saddle there, and the sources are given as
# spack dev-build saddle@main
from spack.package import CMakePackage, depends_on, variant, version


class Saddle(CMakePackage):
    """Communication-efficient distributed training of GANs and min-max problems, header-only."""

    version("main")
    variant("games", default=True, description="Quadratic games, GANs of perceptrons, data sets")
    variant("mpi", default=True, description="Workers on several processes")
    variant("cuda", default=False, description="The executor for a GPU")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("eigen@3.4:", when="+games")
    depends_on("zlib-api", when="+games")
    depends_on("boost+mpi", when="+mpi")
    depends_on("cuda@12:", when="+cuda")

    def cmake_args(self):
        off = ["BUILD_TESTS", "BUILD_BENCH", "BUILD_EXAMPLES", "TORCH"]
        return [self.define(f"SADDLE_{name}", False) for name in off] + [
            self.define("SADDLE_CUDA", "ON" if self.spec.satisfies("+cuda") else "OFF"),
            self.define("SADDLE_MPI", "ON" if self.spec.satisfies("+mpi") else "OFF"),
        ]
