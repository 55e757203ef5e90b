# Compiles SOURCE, which must not compile: the compiler must say the words of each line `// expects: words` soon after its
# first error. A file with several mistakes has lines `// expects N: words`, and is compiled with SADDLE_MISTAKE=N for
# each N. With SADDLE_ACCEPT, which leaves the offending lines out, it must compile; that takes longest and is for
# SADDLE_NIGHTLY=1.

# A semicolon or a bracket would break CMake's lists, so words and output are compared without them.
function(without_list_characters text)
  string(REGEX REPLACE "[][;]" "_" ${text} "${${text}}")
  set(${text} "${${text}}" PARENT_SCOPE)
endfunction()

file(READ ${SOURCE} source)
without_list_characters(source)
string(REGEX MATCHALL "// expects[ 0-9]*: [^\n]*" expected "${source}")
if(NOT expected)
  message(FATAL_ERROR "${SOURCE} has no line '// expects: words'")
endif()

set(compile ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} -std=c++20 -fsyntax-only
            -I ${INCLUDE} -include ${PRECOMPILED})
foreach(folder IN LISTS THIRD_PARTY)
  list(APPEND compile -isystem ${folder})
endforeach()

if("$ENV{SADDLE_NIGHTLY}" STREQUAL "1")
  execute_process(COMMAND ${compile} -DSADDLE_ACCEPT ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "with SADDLE_ACCEPT it must compile; the compiler's output is above")
  endif()
endif()

set(compiled -1)
foreach(line IN LISTS expected)
  string(REGEX MATCH "^// expects ?([0-9]*): (.*)$" line "${line}")
  set(mistake "${CMAKE_MATCH_1}")
  string(STRIP "${CMAKE_MATCH_2}" words)
  if(NOT "${mistake}" STREQUAL "${compiled}")
    set(compiled "${mistake}")
    execute_process(COMMAND ${compile} -DSADDLE_MISTAKE=${mistake} ${SOURCE} RESULT_VARIABLE result
                    OUTPUT_VARIABLE output ERROR_VARIABLE output)
    message("${output}")
    if(result EQUAL 0)
      message(FATAL_ERROR "mistake '${mistake}' must not compile, and does")
    endif()
    without_list_characters(output)
    # The first error and the lines that people read after it.
    string(FIND "${output}" "error: " begin)
    string(SUBSTRING "${output}" ${begin} -1 first)
    string(REGEX MATCH "^([^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?)([^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?)([^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?[^\n]*\n?)" first "${first}")
  endif()
  string(FIND "${first}" "${words}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "within 15 lines of its first error the compiler must say '${words}'; its output is above")
  endif()
endforeach()
