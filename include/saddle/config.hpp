#pragma once

/// The library's only macros.
#define SADDLE_VERSION_MAJOR 0
#define SADDLE_VERSION_MINOR 1
#define SADDLE_VERSION_PATCH 0

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
