# Reads the PTX of saddle's kernels of step.cu, which its build has kept: planes move in accesses of 16 bytes.
#
# Each kernel for whole buckets must read planes so, and write so unless it is a sender that keeps nothing. Beside that
# it reads and writes single numbers: those of an operation, a message's scales, which are of four messages where these
# are received, and values, which random_k has for each of a lane's slots. A loop that touches a plane one coordinate at
# a time has 16 more, 4 with buckets of 128.
set(most_loads 24)
set(most_stores 1)

file(READ ${PTX} text)
string(REGEX REPLACE "[][;]" "_" text "${text}")
string(REPLACE ".entry " ";" kernels "${text}")
set(mode "(\\.global)?(\\.(ca|cg|cs|nc|wb))*")  # no other state space
set(four "${mode}\\.v4\\.[bfsu]32")
set(two "${mode}\\.v2\\.[bfsu]64")
set(scalar "${mode}\\.f(32|64)")

set(checked 0)
set(faults "")
foreach(kernel IN LISTS kernels)
  if(NOT kernel MATCHES "^(_ZN6saddle[0-9]+[a-z]+11run_bucketsILNS0_12buckets_thatE0E[A-Za-z0-9_]*)")
    continue()  # short buckets; another library's
  endif()
  set(name ${CMAKE_MATCH_1})
  foreach(what IN ITEMS four two scalar)
    foreach(access IN ITEMS ld st)
      string(REGEX MATCHALL "[^.a-z]${access}${${what}} " found "${kernel}")
      list(LENGTH found ${access}_${what})
    endforeach()
  endforeach()
  math(EXPR ld_quad "${ld_four} + ${ld_two}")
  math(EXPR st_quad "${st_four} + ${st_two}")
  math(EXPR checked "${checked} + 1")
  set(counts "${ld_quad} loads and ${st_quad} stores of 16 bytes, ${ld_scalar} and ${st_scalar} of a number")
  message(VERBOSE "${counts}: ${name}")

  if(st_quad EQUAL 0 AND name MATCHES "11send_kernelI" AND NOT name MATCHES "keeps|steps_and_gives|ratio")
    set(st_quad none)
  endif()
  set(loads ${ld_scalar})
  set(stores ${st_scalar})
  if(name MATCHES "8random_kI")
    math(EXPR loads "${loads} - 64")
    math(EXPR stores "${stores} - 16")
  endif()
  if(name MATCHES "5top_kI" AND name MATCHES "10cuda_blockILi512E")
    math(EXPR stores "${stores} - 8")  # the values of pairs, of four slots at a time: here floats, elsewhere bits
  endif()
  if(ld_quad EQUAL 0 OR st_quad EQUAL 0 OR loads GREATER most_loads OR stores GREATER most_stores)
    string(APPEND faults "  ${counts}: ${name}\n")
  endif()
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "${PTX} has none of saddle's kernels")
endif()
if(faults)
  message(FATAL_ERROR "kernels that touch a plane one coordinate at a time:\n${faults}")
endif()
message("${checked} kernels")
