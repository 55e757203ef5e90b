#pragma once

/// The library's only macros.
#define SADDLE_VERSION_MAJOR 0
#define SADDLE_VERSION_MINOR 1
#define SADDLE_VERSION_PATCH 0

// ---- Compilers ----
// Two errors and no more: the missing file is fatal, where hundreds of errors would follow an #error.
#include <version>
#if !defined(__clang__) && !defined(__GNUC__)
#error "saddle needs g++ 12, clang++ 16, or nvcc 12 with one of them, or newer; this compiler is none of these"
#include <saddle stops here>
#elif __cplusplus < 202002L
#error "saddle needs C++20: compile with -std=c++20"
#include <saddle stops here>
#elif defined(__CUDACC_VER_MAJOR__) && __CUDACC_VER_MAJOR__ < 12
#error "saddle needs nvcc 12 or newer"
#include <saddle stops here>
#elif defined(__apple_build_version__) && __clang_major__ < 15
#error "saddle needs Apple clang 15 or newer"
#include <saddle stops here>
#elif defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ < 16
#error "saddle needs clang++ 16 or newer (Debian 12: apt install clang-16, then CXX=clang++-16), or g++ 12"
#include <saddle stops here>
#elif !defined(__clang__) && __GNUC__ < 12
#error "saddle needs g++ 12 or newer, or clang++ 16"
#include <saddle stops here>
#elif defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE < 12
#error "saddle needs the standard library of g++ 12 or newer: this compiler found an older one"
#include <saddle stops here>
#elif defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 160000
#error "saddle needs libc++ 16 or newer"
#include <saddle stops here>
#endif

// ---- Flags ----
// Without SADDLE_BITWISE these flags are obeyed: other bits, the same promises. What is not finite is found by its bits.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#ifdef SADDLE_BITWISE
#error "SADDLE_BITWISE promises equal bits, which -ffast-math, -Ofast and -ffinite-math-only break: leave one out"
#include <saddle stops here>
#endif
/// A value that must be computed as it is written, whatever the compiler may reorder or take for impossible.
#ifdef __clang__
#define SADDLE_AS_WRITTEN(x) __arithmetic_fence(x)
#elif !defined(__CUDA_ARCH__)
#define SADDLE_AS_WRITTEN(x) __builtin_assoc_barrier(x)
#endif
#endif
#ifndef SADDLE_AS_WRITTEN
#define SADDLE_AS_WRITTEN(x) (x)
#endif

// ---- Code for the host and the device ----

/// Policy code runs on the host and on the device. It is inlined always: a bucket's length is then a
/// constant where the bucket is full, and that is what lets the loops vectorize and unroll.
#ifdef __CUDACC__
#define SADDLE_HD __host__ __device__ __forceinline__
#define SADDLE_INDEPENDENT
#else
#define SADDLE_HD inline __attribute__((always_inline))
/// In front of a loop whose iterations touch different places: vectorize without checks for overlap. Clang has such a
/// pragma too, but warns wherever it cannot obey; it checks for overlap instead.
#ifdef __clang__
#define SADDLE_INDEPENDENT
#else
#define SADDLE_INDEPENDENT _Pragma("GCC ivdep")
#endif
#endif
/// In front of a loop over register slots; nvcc's host compiler does not know the pragma.
#ifdef __CUDA_ARCH__
#define SADDLE_UNROLL _Pragma("unroll")
#else
#define SADDLE_UNROLL
#endif
/// The same for a lambda, between its parameters and its body.
#ifdef __CUDACC__
#define SADDLE_INLINE_LAMBDA
#else
#define SADDLE_INLINE_LAMBDA __attribute__((always_inline))
#endif

/// g++ takes each array bound that is an int, as in T (&)[Items], for a change of sign. Clang checks the rest.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define SADDLE_WARNINGS_BEGIN _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wsign-conversion\"")
#define SADDLE_WARNINGS_END _Pragma("GCC diagnostic pop")
#else
#define SADDLE_WARNINGS_BEGIN
#define SADDLE_WARNINGS_END
#endif

/// SADDLE_BITWISE is defined by the target saddle::bitwise, together with the flags that forbid contraction. Then equal
/// gradients give equal messages and weights, to the bit: for any number of threads and processes, and on any
/// instruction set (-march). Two things the flags do not decide:
///
/// gradients  are the problem's. Those of mlp_gan, acgan and classifier are products by Eigen, which sums in an order
///            that follows the width of the vectors: they are equal on one instruction set
/// functions  pow, log and cos, in Adam's corrections, in schedules and in normal random numbers, are the C library's:
///            equal where it is the same, on processors of the same features
///
/// The inline namespace keeps translation units with and without it from being mixed by the linker.
#ifdef SADDLE_BITWISE
#define SADDLE_NAMESPACE_BEGIN SADDLE_WARNINGS_BEGIN namespace saddle { inline namespace bitwise {
#else
#define SADDLE_NAMESPACE_BEGIN SADDLE_WARNINGS_BEGIN namespace saddle { inline namespace contracted {
#endif
#define SADDLE_NAMESPACE_END } } SADDLE_WARNINGS_END
