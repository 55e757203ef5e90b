# Installs the project into a scratch prefix and uses it from there with find_package, and as a folder with
# add_subdirectory. Nothing is downloaded: FetchContent would fail.
file(REMOVE_RECURSE ${SCRATCH})

# must(PASS|FAIL WORDS COMMAND...): runs it; output is shown if it does not end as it must.
function(must outcome words)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " line "${output}")  # CMake wraps its messages
  string(FIND "${line}" "${words}" place)
  if((outcome STREQUAL "PASS" AND NOT result EQUAL 0) OR (outcome STREQUAL "FAIL" AND result EQUAL 0)
     OR place EQUAL -1)
    list(JOIN ARGN " " command)
    message("${command}\n${output}")
    message(FATAL_ERROR "The command above must ${outcome} and say '${words}'")
  endif()
endfunction()

set(configure ${CMAKE_COMMAND} -G "${GENERATOR}" -D CMAKE_CXX_COMPILER=${COMPILER}
              -D FETCHCONTENT_FULLY_DISCONNECTED=ON)
set(here ${CMAKE_CURRENT_LIST_DIR})

must(PASS "" ${CMAKE_COMMAND} --install ${BUILD} --prefix "${SCRATCH}/prefix")
set(find_it ${configure} -S ${here}/find_package -D CMAKE_PREFIX_PATH=${SCRATCH}/prefix
            -D SADDLE_WANTED=${VERSION})
must(PASS "" ${find_it} -B ${SCRATCH}/found)
must(PASS "" ${CMAKE_COMMAND} --build ${SCRATCH}/found)
must(PASS "saddle ${VERSION}" ${SCRATCH}/found/consumer)
must(PASS "saddle ${VERSION}" ${SCRATCH}/found/bitwise_consumer)
must(PASS "trained" ${SCRATCH}/found/compiled_consumer)
must(PASS "" ${find_it} -B ${SCRATCH}/components -D "SADDLE_COMPONENTS=games bitwise compiled")
must(FAIL "component gamse: there is no such component; there are games, cuda, mpi, torch, bitwise and compiled"
     ${find_it} -B ${SCRATCH}/unknown -D SADDLE_COMPONENTS=gamse)
must(FAIL "component games: it needs Eigen 3.4 and zlib"
     ${find_it} -B ${SCRATCH}/unavailable -D SADDLE_COMPONENTS=games -D CMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)

must(PASS "" ${configure} -S ${here}/add_subdirectory -D SADDLE_FOLDER=${SOURCE} -B ${SCRATCH}/folder)
must(PASS "" ${CMAKE_COMMAND} --build ${SCRATCH}/folder)
must(PASS "saddle ${VERSION}" ${SCRATCH}/folder/consumer)
must(PASS "trained" ${SCRATCH}/folder/warned)
# The other compiler, where it is there and new enough.
find_program(clang NAMES clang++-16 clang++-17 clang++-18 clang++-19)
if(clang AND NOT clang STREQUAL COMPILER)
  must(PASS "" ${configure} -D CMAKE_CXX_COMPILER=${clang} -S ${here}/add_subdirectory -D SADDLE_FOLDER=${SOURCE}
       -B ${SCRATCH}/clang)
  must(PASS "" ${CMAKE_COMMAND} --build ${SCRATCH}/clang --target warned)
  must(PASS "trained" ${SCRATCH}/clang/warned)
endif()

# All in one header: the smallest example, with no other one in reach.
file(WRITE ${SCRATCH}/single/saddle/problem/bilinear.hpp "")
must(PASS "kB" ${CMAKE_COMMAND} -D HEADERS=saddle/saddle.hpp,saddle/problem/bilinear.hpp
     -D OUT=${SCRATCH}/single/saddle/saddle.hpp -P ${SOURCE}/cmake/amalgamate.cmake)
must(PASS "" ${COMPILER} -std=c++20 -I${SCRATCH}/single ${SOURCE}/examples/01_smallest.cpp -o ${SCRATCH}/single/smallest)
must(PASS "step 2000" ${SCRATCH}/single/smallest)
must(FAIL "amalgamate: there is no saddle/sadle.hpp" ${CMAKE_COMMAND} -D HEADERS=saddle/sadle.hpp -D OUT=${SCRATCH}/x
     -P ${SOURCE}/cmake/amalgamate.cmake)
# For builds without CMake.
find_program(pkg_config pkg-config)
if(pkg_config)
  must(PASS "/prefix/share/pkgconfig/../../include" ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${SCRATCH}/prefix/share/pkgconfig
       ${pkg_config} --cflags saddle)
endif()

# A source folder whose name has brackets: configured as the demo does, which needs no library of the tests, and then
# with the tests.
file(CREATE_LINK ${SOURCE} "${SCRATCH}/sad[d]le" SYMBOLIC)
set(brackets ${configure} -S "${SCRATCH}/sad[d]le" -B "${SCRATCH}/build[1]" -D SADDLE_CUDA=OFF -D SADDLE_MPI=OFF
             -D CMAKE_BUILD_TYPE=Debug)
must(PASS "" ${brackets} -D SADDLE_BUILD_TESTS=OFF -D SADDLE_BUILD_BENCH=OFF -D CMAKE_DISABLE_FIND_PACKAGE_doctest=ON)
must(PASS "" ${CMAKE_COMMAND} --build "${SCRATCH}/build[1]" --target smallest)
must(PASS "" "${SCRATCH}/build[1]/examples/smallest")
must(PASS "" ${brackets} -D SADDLE_BUILD_TESTS=ON -D CMAKE_DISABLE_FIND_PACKAGE_doctest=OFF)
must(PASS "" ${CMAKE_COMMAND} --build "${SCRATCH}/build[1]" --target test_include_directions)
must(PASS "100% tests passed" ${CMAKE_CTEST_COMMAND} --test-dir "${SCRATCH}/build[1]"
     -R "^(include_directions|example/smallest|rejects/precompile)$")
