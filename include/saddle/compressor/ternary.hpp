#pragma once
#include "saddle/compressor/qsgd.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// TernGrad: each coordinate becomes s, 0 or -s, s being the largest magnitude of its bucket, and is not 0 with the
/// probability |p| / s. That is QSGD with one level of the max norm, and has its message: 2 bits a coordinate.
///
/// promise  unbiased; omega = (sqrt(Bucket) - 1) / 2, reached by (1, a, a, ...) with a = 1 / (1 + sqrt(Bucket))
/// clipping none: the paper cuts each layer at 2.5 of its standard deviations, which is biased. Here it is short
///          buckets that keep one large coordinate from drowning the others
/// source   Wen, Xu, Yan, Wu, Wang, Chen, Li: TernGrad. NeurIPS 2017
template <int Bucket = 512>
using ternary = qsgd<Bucket, 2, rounding::dithered, norm::max>;

static_assert(compressor<ternary<>> && is_unbiased<ternary<>> && !contracts<ternary<>>);

SADDLE_NAMESPACE_END
