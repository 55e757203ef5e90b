// Both kernels of a step on one thread, for the combinations of the papers. `of_copy` counts what a combination must
// move: each array read once and written once, messages included.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "../copy_rate.hpp"
#include "saddle/saddle.hpp"

using namespace saddle;

namespace {

/// The arrays that any combination reads, allocated once for all benchmarks.
struct arena {
  aligned_vector<float> w, h, gradient, memory, copy, state;
  explicit arena(std::int64_t d) {
    auto const n = static_cast<std::size_t>(d);
    for (auto* a : {&w, &h, &gradient, &memory, &copy}) a->assign(n, 0.0f);
    state.assign(2 * n, 1.0f);
    random_sequence random({.use = purpose::evaluation});
    for (float& g : gradient) g = static_cast<float>(random.uniform() - 0.5);
  }
};
arena& arrays() {
  static arena a(coordinates());
  return a;
}

template <class Scheme, class O, class C>
struct bench {
  using rule = rule_of<O, float>;
  static constexpr int length = C::bucket == any_bucket ? 512 : C::bucket;
  bucket_layout layout{{coordinates() / 2, coordinates() / 2}, length};
  step_context<float, rule> context{};
  std::vector<aligned_vector<std::byte>> bytes;
  std::vector<message_planes> messages;
  std::vector<message_planes const*> pointers;
  std::vector<float> weights;
  std::int64_t lowest = none;
  std::int64_t* non_finite = &lowest;
  worker_arrays<float> worker;
  cpu::engine engine{cpu{1}};

  explicit bench(int count) : bytes(static_cast<std::size_t>(count)) {
    arena& a = arrays();
    worker = {a.w.data(), a.h.data(), a.gradient.data(), a.memory.data(), a.copy.data(), a.state.data(), coordinates()};
    context.rule = O{}.template at<float>(2, 0);
    context.seed = 1;
    context.lo[0] = context.lo[1] = -1e30f;
    context.hi[0] = context.hi[1] = 1e30f;
    context.moves = context.commits = context.last = context.subtract_memory = true;
    context.consensus_step = 0.1f;
    for (auto& b : bytes) {
      b.assign(static_cast<std::size_t>(planes_bytes<C, float>(layout)), std::byte{0});
      messages.push_back(planes_at<C, float>(layout, b.data()));
      weights.push_back(1.0f / static_cast<float>(count));
    }
    for (auto& m : messages) pointers.push_back(&m);
  }
  void encode() {
    engine.run(encode_body<Scheme, C, float, rule, length>{{}, layout, &context, &worker, messages.data(), &non_finite, 0},
               1, 0, layout.buckets());
  }
  void apply() {
    incoming<float> const in{pointers.data(), weights.data(), static_cast<int>(pointers.size())};
    using applied = applying_rule<Scheme, rule>;
    applied rules{};
    if constexpr (std::is_same_v<applied, rule>) rules = context.rule;
    engine.run(apply_body<Scheme, C, float, applied, length>{{}, layout, &context, &rules, &worker, 1, &in, &non_finite}, 1,
               0, layout.buckets());
  }
  double message() const { return static_cast<double>(planes_bytes<C, float>(layout)); }
};

template <class Scheme, class O, class C>
void encode(benchmark::State& state) {
  bench<Scheme, O, C> b(1);
  for (auto _ : state) b.encode();
  double const planes = 2 * state_planes<typename decltype(b)::rule, float>;
  double const per_coordinate =
      4 * (1 + planes + (Scheme::memory || Scheme::copies ? 2 : 0) +
           (Scheme::shares_weights ? 0 : std::is_same_v<C, identity> ? 1 : 2));
  report_of_copy(state, per_coordinate * static_cast<double>(coordinates()) + b.message());
}

template <class Scheme, class O, class C>
void apply(benchmark::State& state) {
  bench<Scheme, O, C> b(static_cast<int>(state.range(0)));
  b.encode();
  for (auto& m : b.bytes) std::copy(b.bytes[0].begin(), b.bytes[0].end(), m.begin());
  for (auto _ : state) b.apply();
  bool const ahead = writes_ahead<typename decltype(b)::rule>;
  double const per_coordinate =
      4 * ((Scheme::shares_weights ? 2 : 1) + (ahead ? (Scheme::memory ? 3 : 2) : 0));
  report_of_copy(state, per_coordinate * static_cast<double>(coordinates()) +
                            static_cast<double>(b.bytes.size()) * b.message());
}

using qsgd8 = qsgd<512, 8, rounding::nearest>;
using qsgd4 = qsgd<512, 4, rounding::nearest>;
using dithered4 = qsgd<512, 4>;

}  // namespace

BENCHMARK(encode<updates<false>, sgda, identity>);
BENCHMARK(encode<updates<true>, omd, qsgd8>);
BENCHMARK(encode<updates<true>, omd, qsgd4>);
BENCHMARK(encode<updates<true>, omd, dithered4>);
BENCHMARK(encode<updates<true>, omd, scaled_sign<512>>);
BENCHMARK(encode<updates<true>, omd, top_k<512, 8>>);
BENCHMARK(encode<updates<true>, optimistic_adam, qsgd8>);
BENCHMARK(encode<updates<true>, optimistic_adam, scaled_sign<512>>);
BENCHMARK(encode<choco<false>, sgda, scaled_sign<512>>);
BENCHMARK(encode<mixing<false>, omd, identity>);
BENCHMARK(apply<updates<false>, sgda, identity>)->Arg(1)->Arg(8);
BENCHMARK(apply<updates<true>, omd, qsgd8>)->Arg(1)->Arg(8);
BENCHMARK(apply<updates<true>, omd, qsgd4>)->Arg(1)->Arg(8);
BENCHMARK(apply<updates<true>, sgda, scaled_sign<512>>)->Arg(1)->Arg(8);
BENCHMARK(apply<updates<true>, omd, top_k<512, 8>>)->Arg(1)->Arg(8);
BENCHMARK(apply<updates<true>, optimistic_adam, qsgd8>)->Arg(1)->Arg(8);
BENCHMARK(apply<mixing<false>, omd, identity>)->Arg(3);

BENCHMARK_MAIN();
