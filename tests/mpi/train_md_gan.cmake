# train_md_gan under mpirun: on 1 to 4 ranks the digest and the bytes of messages of one process; a checkpoint of one
# number of ranks continues on another.
cmake_minimum_required(VERSION 3.25)

if(NOT PROGRAM)
  message(STATUS "skipped: train_md_gan was not built")  # what the test is skipped by
  return()
endif()
set(tiny --data ring8 --hidden 16 --latent 10 --batch 4 --workers 5 --exchange-epochs 0.004 --state moves
         --departures 2@5)
set(steps 6)
set(keys digest uplink_bytes downlink_bytes exchanged_bytes exchanges workers_left steps)
include(${CMAKE_CURRENT_LIST_DIR}/on_ranks.cmake)

compare(--feedback identity)
compare(--feedback qsgd4)
expect_to_continue(3 "0;3" "0;2" --feedback qsgd4)
