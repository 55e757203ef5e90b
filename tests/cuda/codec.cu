#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "../codec/vectors.hpp"
#include "saddle/cuda.cuh"

// The same bytes and memories as on the CPU.

using namespace saddle;

namespace {

dither_key const key{.seed = 11, .exchange = 5, .sender = 2};

template <class T>
std::span<T> part(device_vector<T>& v, std::size_t from, std::size_t n) {
  return {pointer_to(v) + from, n};
}
template <class T>
std::vector<T> back(device_vector<T> const& v) {
  std::vector<T> host(v.size());
  thrust::copy(v.begin(), v.end(), host.begin());
  return host;
}

template <class C, class T>
void is_as_on_the_host(C const& c, std::int64_t n, std::size_t from) {
  CAPTURE(C::name());
  CAPTURE(n);
  CAPTURE(from);
  auto const size = static_cast<std::size_t>(n);
  std::vector<T> const host = vectors::normals<T>(n + 3, 1);
  std::span<T const> const v = std::span(host).subspan(from, size);
  device_vector<T> there = host;
  compressed const message = compress(c, v, key);
  CHECK(vectors::copy_of(compress(c, part(there, from, size), key, saddle::cuda{})) == vectors::copy_of(message));
  std::vector<T> out(size + 3, T(7));
  device_vector<T> out_there = out;
  decompress(c, message, std::span(out).subspan(from, size));
  decompress(c, message, part(out_there, from, size), saddle::cuda{});
  CHECK(back(out_there) == out);
  decompress_add(c, message, T(0.25), std::span(out).subspan(from, size));
  decompress_add(c, message, T(0.25), part(out_there, from, size), saddle::cuda{});
  CHECK(back(out_there) == out);
  if constexpr (contracts<C>) {
    error_feedback<C> const remembering{c};
    std::vector<T> memory(size + 3, T(0.125));
    device_vector<T> memory_there = memory;
    codec<error_feedback<C>, T, saddle::cuda> again(remembering);
    for (int step = 0; step < 2; ++step) {
      compressed const owed = compress(remembering, v, std::span(memory).subspan(from, size), key);
      CHECK(vectors::copy_of(again.compress(part(there, from, size), part(memory_there, from, size), key)) ==
            vectors::copy_of(owed));
      CHECK(back(memory_there) == memory);
    }
  }
}

}  // namespace

TEST_CASE("vectors on the device are compressed and decompressed as on the host") {
  vectors::with_each_compressor([](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    for (std::int64_t const n : {0, 1, 3, 129, 513, 1000}) is_as_on_the_host<C, float>(c, n, 0);
    is_as_on_the_host<C, float>(c, 513, 1);  // not on 16 bytes
  });
  is_as_on_the_host<qsgd<512, 8>, double>({}, 1000, 0);
  is_as_on_the_host<top_k<512, 8>, double>({}, 1000, 1);
  is_as_on_the_host<global_top_k<>, double>({.fraction = 0.1}, 1000, 3);
}

TEST_CASE("a codec on the device serves vectors of any length, one after the other, and refuses as on the host") {
  codec<global_top_k<128>, float, saddle::cuda> there(global_top_k<128>{.fraction = 0.05});
  codec<global_top_k<128>, float> here(global_top_k<128>{.fraction = 0.05});
  for (std::int64_t const n : {513, 1, 0, 700, 513}) {
    std::vector<float> v = vectors::normals<float>(n, 2);
    device_vector<float> v_there = v;
    auto const size = static_cast<std::size_t>(n);
    std::vector<std::byte> const message = vectors::copy_of(here.compress(v));
    CHECK(vectors::copy_of(there.compress(part(v_there, 0, size))) == message);
    here.decompress(message, v);
    there.decompress(message, part(v_there, 0, size));
    CHECK(back(v_there) == v);
  }
  std::vector<float> v = vectors::normals<float>(300, 2);
  std::vector<std::byte> message = vectors::copy_of(here.compress(v));
  v[200] = 1e30f * 1e30f;
  device_vector<float> v_there = v;
  std::string why;
  try {
    there.compress(part(v_there, 0, 300));
  } catch (std::invalid_argument const& e) {
    why = e.what();
  }
  CHECK(why == "compress: coordinate 200 is not finite");
  message[100] ^= std::byte{1};
  CHECK_THROWS_AS(there.decompress(message, part(v_there, 0, 300)), bad_message);
}
