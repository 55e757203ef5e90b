# What a consumer's flags and compilers may do: keep the promises, or be refused in a sentence.
file(MAKE_DIRECTORY ${SCRATCH})
set(compile -std=c++20 -Wall -Wextra -I ${SOURCE}/include)

# must(PASS|FAIL SENTENCE COMMAND...): and a failure is short.
function(must outcome sentence)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(FIND "${output}" "${sentence}" place)
  string(REGEX MATCHALL "error: " errors "${output}")
  list(LENGTH errors errors)
  if((outcome STREQUAL "PASS" AND NOT result EQUAL 0)
     OR (outcome STREQUAL "FAIL" AND (result EQUAL 0 OR place EQUAL -1 OR errors GREATER 2)))
    list(JOIN ARGN " " command)
    message("${command}\n${output}")
    message(FATAL_ERROR "The command above must ${outcome}, with at most 2 errors, and say '${sentence}'")
  endif()
endfunction()

foreach(compiler IN LISTS COMPILER CLANG)
  set(fast ${compiler} ${compile} ${THIRD_PARTY} -O2 -ffast-math)
  must(PASS "" ${fast} -O1 ${SOURCE}/examples/01_smallest.cpp -o ${SCRATCH}/smallest -pthread)
  must(PASS "" ${SCRATCH}/smallest)
  must(PASS "" ${fast} ${SOURCE}/tests/flags/fast_math.cpp -o ${SCRATCH}/fast_math -pthread)
  must(PASS "" ${SCRATCH}/fast_math)
  foreach(flags IN ITEMS -ffast-math -Ofast -ffinite-math-only)
    must(FAIL "SADDLE_BITWISE promises equal bits" ${compiler} ${compile} -D SADDLE_BITWISE ${flags} -fsyntax-only
              -x c++ ${SOURCE}/include/saddle/config.hpp)
  endforeach()
  must(FAIL "saddle needs C++20" ${compiler} -std=c++17 -I ${SOURCE}/include -fsyntax-only
            -x c++ ${SOURCE}/include/saddle/saddle.hpp)
endforeach()

# Compilers that are too old, played by these: the preprocessor alone is asked.
if(ID STREQUAL "GNU")
  must(FAIL "saddle needs g++ 12" ${COMPILER} ${compile} -U __GNUC__ -D __GNUC__=11 -E
            -x c++ ${SOURCE}/include/saddle/config.hpp -o ${SCRATCH}/config)
  must(FAIL "saddle needs nvcc 12" ${COMPILER} ${compile} -D __CUDACC_VER_MAJOR__=11 -E
            -x c++ ${SOURCE}/include/saddle/config.hpp -o ${SCRATCH}/config)
endif()
if(CLANG)
  foreach(old IN ITEMS "clang++ 16;-D;__clang_major__=15" "Apple clang 15;-D;__clang_major__=14;-D;__apple_build_version__=1")
    list(POP_FRONT old sentence)
    must(FAIL "saddle needs ${sentence}" ${CLANG} ${compile} -Wno-builtin-macro-redefined -U __clang_major__ ${old} -E
              -x c++ ${SOURCE}/include/saddle/config.hpp -o ${SCRATCH}/config)
  endforeach()
endif()
