# Compiles SOURCE to OBJECT and reads what ptxas reports of saddle's kernel template `run`: as many kernels as the
# line '// kernels: N' of SOURCE says, each without stack and spills and within the registers and the shared memory
# that every GPU has.
set(most_registers_allowed 255)
set(most_shared_allowed 49152)

file(STRINGS ${SOURCE} expected REGEX "^// kernels: [0-9]+")
if(NOT expected MATCHES "^// kernels: ([0-9]+)")
  message(FATAL_ERROR "${SOURCE} has no line '// kernels: N'")
endif()
set(expected ${CMAKE_MATCH_1})

set(compile ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} -std=c++20 -arch=sm_90 -O3 --fmad=false
            --expt-relaxed-constexpr -DSADDLE_BITWISE -Xptxas -v -I ${INCLUDE})
if(HOST_COMPILER)
  list(APPEND compile -ccbin ${HOST_COMPILER})
endif()
foreach(folder IN LISTS THIRD_PARTY)
  list(APPEND compile -isystem ${folder})
endforeach()
execute_process(COMMAND ${compile} -c ${SOURCE} -o ${OBJECT} RESULT_VARIABLE result OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message("${output}")
  message(FATAL_ERROR "${SOURCE} must compile; the compiler's output is above")
endif()

# One element for each entry function, and what precedes the first. A function that was not inlined is reported
# with the entry function that it follows, so its stack counts too.
string(REGEX REPLACE "[][;]" "_" output "${output}")
string(REPLACE "Compiling entry function '" ";" reports "${output}")
set(kernels 0)
set(most_registers 0)
set(faults "")
foreach(report IN LISTS reports)
  if(NOT report MATCHES "^(_ZN6saddle[0-9]+[a-z]+3runI[A-Za-z0-9_]*)'")
    continue()  # another library's
  endif()
  set(name ${CMAKE_MATCH_1})
  math(EXPR kernels "${kernels} + 1")

  string(REGEX MATCHALL "[0-9]+ bytes stack frame, [0-9]+ bytes spill stores, [0-9]+ bytes spill loads" stacks
         "${report}")
  if(NOT stacks)
    string(APPEND faults "  nothing is said of its stack: ${name}\n")
  endif()
  foreach(stack IN LISTS stacks)
    if(NOT stack STREQUAL "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads")
      string(APPEND faults "  ${stack}: ${name}\n")
    endif()
  endforeach()

  if(NOT report MATCHES "Used ([0-9]+) registers")
    string(APPEND faults "  nothing is said of its registers: ${name}\n")
  else()
    set(registers ${CMAKE_MATCH_1})
    if(registers GREATER most_registers)
      set(most_registers ${registers})
    endif()
    if(registers GREATER most_registers_allowed)
      string(APPEND faults "  ${registers} registers, more than ${most_registers_allowed}: ${name}\n")
    endif()
  endif()
  if(report MATCHES "([0-9]+) bytes smem" AND CMAKE_MATCH_1 GREATER most_shared_allowed)
    string(APPEND faults "  ${CMAKE_MATCH_1} bytes of shared memory, more than ${most_shared_allowed}: ${name}\n")
  endif()
endforeach()

if(NOT kernels EQUAL expected)
  string(APPEND faults "  ${kernels} kernels, but ${SOURCE} says '// kernels: ${expected}'\n")
endif()
if(faults)
  message(FATAL_ERROR "ptxas reports of saddle's kernels:\n${faults}")
endif()
message("${kernels} kernels, at most ${most_registers} registers, no spills")
