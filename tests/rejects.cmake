# Compiles SOURCE twice: with SADDLE_ACCEPT, which leaves the offending line out, it must compile; without it
# must not, and the compiler must say all the words that the file expects.

# A semicolon or a bracket would break CMake's lists, so words and output are compared without them.
function(without_list_characters text)
  string(REGEX REPLACE "[][;]" "_" ${text} "${${text}}")
  set(${text} "${${text}}" PARENT_SCOPE)
endfunction()

file(READ ${SOURCE} source)
without_list_characters(source)
string(REGEX MATCHALL "// expects: [^\n]*" expected "${source}")
if(NOT expected)
  message(FATAL_ERROR "${SOURCE} has no line '// expects: words'")
endif()

set(compile ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} -std=c++20 -fsyntax-only
            -I ${INCLUDE} -include ${PRECOMPILED})
foreach(folder IN LISTS THIRD_PARTY)
  list(APPEND compile -isystem ${folder})
endforeach()

execute_process(COMMAND ${compile} -DSADDLE_ACCEPT ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message("${output}")
  message(FATAL_ERROR "with SADDLE_ACCEPT it must compile; the compiler's output is above")
endif()

execute_process(COMMAND ${compile} ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "it must not compile without SADDLE_ACCEPT, and does")
endif()
message("${output}")
without_list_characters(output)
foreach(line IN LISTS expected)
  string(REGEX REPLACE "^// expects: " "" words "${line}")
  string(STRIP "${words}" words)
  string(FIND "${output}" "${words}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "the compiler must say '${words}'; its output is above")
  endif()
endforeach()
