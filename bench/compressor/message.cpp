// What a message costs where it leaves the process, `seal`, and where it comes from another one, `open`, on one thread.
// `of_copy` counts the bytes that travel, read once, over the rate of a copy, which reads and writes.
// SADDLE_BENCH_LOG2_SIZE sets the number of coordinates.
#include "saddle/compressor/message.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "../copy_rate.hpp"
#include "../run.hpp"
#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

/// A message as a training would send it: normal coordinates, encoded.
template <class C>
class message_bench {
  static constexpr int length = C::bucket == any_bucket ? default_bucket : C::bucket;

 public:
  message_bench() {
    float p[length], sent[length];
    random_sequence random({.use = purpose::evaluation});
    for (float& x : p) x = static_cast<float>(random.normal());
    for (std::int64_t i = 0; i < layout_.buckets(); ++i) {
      bucket const b = layout_.at(i);
      C{}.encode(serial_group{}, p, sent, b.count, random_stream{.bucket = static_cast<std::uint64_t>(i)},
                 message_at<C, float>(planes_, b));
    }
    seal();
  }
  void seal() {
    header_ = seal_message<C, float>(planes_, layout_, key_, {});
    benchmark::DoNotOptimize(header_);
  }
  void open() const { open_message<C, float>(header_, planes_, layout_, key_, false); }
  void report(benchmark::State& state) const {
    double const bytes = static_cast<double>(wire_bytes<C, float>(layout_, key_.part));
    double const moved = static_cast<double>(state.iterations()) * bytes;
    state.counters["B/s"] = {moved, benchmark::Counter::kIsRate};
    state.counters["of_copy"] = {moved / copy_rate(coordinates(25)), benchmark::Counter::kIsRate};
    state.counters["bytes/coordinate"] = bytes / static_cast<double>(layout_.sizes.size());
  }

 private:
  bucket_layout layout_{{coordinates(25) / 2, coordinates(25) / 2}, length};
  message_key key_{.part = layout_.of(-1), .exchange = 1, .sender = 1};
  aligned_vector<std::byte> memory_ =
      aligned_vector<std::byte>(static_cast<std::size_t>(planes_bytes<C, float>(layout_)));
  message_planes planes_ = planes_at<C, float>(layout_, memory_.data());
  message_header header_;
};

template <class C>
void seal(benchmark::State& state) {
  message_bench<C> b;
  for (auto _ : state) b.seal();
  b.report(state);
}
template <class C>
void open(benchmark::State& state) {
  message_bench<C> const b;
  for (auto _ : state) b.open();
  b.report(state);
}
template <class C>
void add(std::string const& name) {
  benchmark::RegisterBenchmark(("seal/" + name).c_str(), seal<C>);
  benchmark::RegisterBenchmark(("open/" + name).c_str(), open<C>);
}

}  // namespace

int main(int argc, char** argv) {
  add<identity>("identity");
  add<qsgd<512, 8>>("qsgd8");
  add<qsgd<512, 4>>("qsgd4");
  add<scaled_sign<512>>("scaled-sign");
  add<top_k<512, 8>>("top-k");
  return run_benchmarks(argc, argv);
}
