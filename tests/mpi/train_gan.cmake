# train_gan under mpirun: on 1 to 4 ranks the digest and the bytes of messages of one process, for policies of every
# kind; a checkpoint of one number of ranks continues on another. product.cpp has all combinations.
cmake_minimum_required(VERSION 3.25)

if(NOT PROGRAM)
  message(STATUS "skipped: train_gan was not built")  # what the test is skipped by
  return()
endif()
set(tiny --data ring8 --hidden 16,16 --latent 4 --batch 4 --workers 4)
set(steps 4)
set(keys digest uplink_bytes downlink_bytes steps)
include(${CMAKE_CURRENT_LIST_DIR}/on_ranks.cmake)

compare(--method dqgan)
compare(--method dqgan --star)
compare(--method dqgan --compressor qsgd4 --downlink qsgd8 --optimizer alternating-sgda)
compare(--method dqgan --compressor top-k --error-feedback none --topology ring --optimizer extragradient)
compare(--method dposg --rounds 2)
compare(--method dposg --rounds 2 --accelerated)
compare(--method rand-dp-oadam)
compare(--method dposg --order combine-then-adapt --topology one-peer-exponential)
compare(--compressor global-top-k --optimizer omd)
compare(--compressor random-k --topology complete)
compare(--adapts average --optimizer adam)
compare(--error-feedback ef21 --compressor top-k)

expect_to_continue(2 "1;3" "0;2;4")
