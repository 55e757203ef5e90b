# An overlay port of the sources that it lies in: vcpkg install saddle --overlay-ports=cmake/packaging/vcpkg
cmake_path(SET SOURCE_PATH NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../../..)
vcpkg_cmake_configure(
  SOURCE_PATH ${SOURCE_PATH}
  OPTIONS -DSADDLE_BUILD_TESTS=OFF -DSADDLE_BUILD_BENCH=OFF -DSADDLE_BUILD_EXAMPLES=OFF -DSADDLE_CUDA=OFF
          -DSADDLE_TORCH=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/saddle)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/debug)  # headers are the same
vcpkg_install_copyright(FILE_LIST ${SOURCE_PATH}/LICENSE)
