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
must(PASS "" ${find_it} -B ${SCRATCH}/components -D "SADDLE_COMPONENTS=games bitwise")
must(FAIL "component gamse: there is no such component; there are games, cuda, mpi and bitwise"
     ${find_it} -B ${SCRATCH}/unknown -D SADDLE_COMPONENTS=gamse)
must(FAIL "component games: it needs Eigen 3.4 and zlib"
     ${find_it} -B ${SCRATCH}/unavailable -D SADDLE_COMPONENTS=games -D CMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)

must(PASS "" ${configure} -S ${here}/add_subdirectory -D SADDLE_FOLDER=${SOURCE} -B ${SCRATCH}/folder)
must(PASS "" ${CMAKE_COMMAND} --build ${SCRATCH}/folder)
must(PASS "saddle ${VERSION}" ${SCRATCH}/folder/consumer)
