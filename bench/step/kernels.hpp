#pragma once
// Both kernels of a step, and the server's between them, for the combinations of the papers. `of_copy` counts what a
// combination must move: each array read once and written once, messages included, over the rate of a copy on the same
// device in the same run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/saddle.hpp"

/// A Device has: engine(); coordinates(); copy_rate(); allocate(bytes) of zeros; put(value) for a copy of a host value
/// that kernels can read; fill(p, floats on the host); run(state, f), which times f.
template <class Device, class Scheme, class O, class C>
class kernel_bench {
  using rule = saddle::rule_of<O, float>;
  using applied = saddle::applying_rule<Scheme, rule>;
  using encoding = saddle::encoding_rule<Scheme, rule>;
  static constexpr int length = C::bucket == saddle::any_bucket ? saddle::default_bucket : C::bucket;

 public:
  explicit kernel_bench(int messages)
      : messages_(messages),
        layout_{{device_.coordinates() / 2, device_.coordinates() / 2}, length} {
    std::int64_t const d = layout_.padded(), array = d * static_cast<std::int64_t>(sizeof(float));
    auto const allocate = [&](bool used) { return used ? static_cast<float*>(device_.allocate(array)) : nullptr; };
    bool const ahead = saddle::writes_ahead<rule>;
    saddle::worker_arrays<float> worker;
    worker.w = allocate(true);
    worker.h = allocate(ahead);
    float* const gradient = allocate(true);
    worker.gradient[0] = worker.gradient[1] = gradient;
    worker.memory = allocate(Scheme::memory);
    worker.copy = allocate(Scheme::copies);
    worker.state = static_cast<float*>(device_.allocate(array * saddle::state_planes<rule, float>));
    worker.plane = d;
    saddle::random_sequence random({.use = saddle::purpose::evaluation});
    std::vector<float> some(static_cast<std::size_t>(std::min<std::int64_t>(d, 1 << 20)));
    for (float& g : some) g = static_cast<float>(random.uniform() - 0.5);
    for (std::int64_t i = 0; i < d; i += static_cast<std::int64_t>(some.size()))
      device_.fill(gradient + i, some.data(), std::min(static_cast<std::int64_t>(some.size()), d - i));

    saddle::step_context<float, rule> context{};
    context.rule = O{}.template at<float>(2, 0);
    context.seed = 1;
    for (int p = 0; p < 2; ++p) context.lo[p] = -1e30f, context.hi[p] = 1e30f;
    context.consensus_step = 0.1f;
    context.moves = context.commits = context.last = context.subtract_memory = true;
    context_ = device_.put(context);
    applied rules{};
    if constexpr (std::is_same_v<applied, rule>) rules = context.rule;
    rules_ = device_.put(rules);
    encoding encodes_by{};
    if constexpr (!std::is_same_v<encoding, saddle::absent_rule>) encodes_by = saddle::stepping_of(context.rule);
    encodes_by_ = device_.put(encodes_by);
    worker_ = device_.put(worker);
    lowest_ = device_.put(saddle::no_coordinate);

    struct table {
      saddle::message_planes planes[8];
      saddle::term<float> terms[8];
    } t{};
    for (int j = 0; j < messages; ++j) {
      auto* const begin = static_cast<std::byte*>(device_.allocate(saddle::planes_bytes<C, float>(layout_)));
      t.planes[j] = saddle::planes_at<C, float>(layout_, begin);
      t.terms[j] = {j, 1.0f / static_cast<float>(messages)};
    }
    table* const at = device_.put(t);
    sources_ = device_.put(saddle::incoming<float>{at->planes, at->terms, messages});
    outgoing_ = at->planes;
  }

  void encode(saddle::message_planes* to) {
    engine_.run(saddle::encode_body<Scheme, C, float, encoding, length>{{}, layout_, context_, encodes_by_, worker_, to,
                                                                        lowest_, 0},
                1, 0, layout_.buckets());
  }
  void encode(benchmark::State& state) {
    device_.run(state, [&] { encode(outgoing_); });
    // Gradient; state and memory or copy, both ways; w, which an exact scheme only reads.
    double const arrays = 1 + 2 * saddle::state_planes<rule, float> + (Scheme::memory || Scheme::copies ? 2 : 0) +
                          (Scheme::shares_weights ? 0 : saddle::is_exact<C> ? 1 : 2);
    report(state, arrays, 1);
  }
  void apply(benchmark::State& state) {
    for (int j = 0; j < messages_; ++j) encode(outgoing_ + j);
    device_.run(state, [&] {
      engine_.run(saddle::apply_body<Scheme, C, float, applied, length>{{}, layout_, context_, rules_, worker_, 1,
                                                                        sources_, lowest_},
                  1, 0, layout_.buckets());
    });
    // w, both ways unless it is replaced; gradient, memory and look-ahead.
    double const arrays =
        (Scheme::shares_weights ? 2 : 1) + (saddle::writes_ahead<rule> ? (Scheme::memory ? 3 : 2) : 0);
    report(state, arrays, messages_);
  }
  /// The server's kernel: the same compressor down as up, and a memory of the server's own.
  void relay(benchmark::State& state) {
    for (int j = 0; j < messages_; ++j) encode(outgoing_ + j);
    auto* const memory =
        static_cast<float*>(device_.allocate(layout_.padded() * static_cast<std::int64_t>(sizeof(float))));
    saddle::message_planes const down = saddle::planes_at<C, float>(
        layout_, static_cast<std::byte*>(device_.allocate(saddle::planes_bytes<C, float>(layout_))));
    device_.run(state, [&] {
      engine_.run(saddle::relay_body<true, C, C, float, length>{{}, {}, layout_, context_, sources_, memory, down,
                                                                lowest_, static_cast<std::uint32_t>(messages_)},
                  1, 0, layout_.buckets());
    });
    // The memory, both ways; what came up and what goes down.
    report(state, 2, messages_ + 1);
  }

 private:
  void report(benchmark::State& state, double arrays, int messages) {
    double const bytes = arrays * sizeof(float) * static_cast<double>(device_.coordinates()) +
                         messages * static_cast<double>(saddle::planes_bytes<C, float>(layout_));
    double const moved = static_cast<double>(state.iterations()) * bytes;
    state.counters["B/s"] = {moved, benchmark::Counter::kIsRate};
    state.counters["of_copy"] = {moved / device_.copy_rate(), benchmark::Counter::kIsRate};
    state.counters["bytes/coordinate"] = bytes / static_cast<double>(device_.coordinates());
  }

  Device device_;
  int messages_;
  saddle::bucket_layout layout_;
  typename Device::engine engine_ = device_.make_engine();
  saddle::step_context<float, rule>* context_;
  applied* rules_;
  encoding* encodes_by_;
  saddle::worker_arrays<float>* worker_;
  std::int64_t* lowest_;
  saddle::incoming<float>* sources_;
  saddle::message_planes* outgoing_;
};

template <class Device, class Scheme, class O, class C>
void encode(benchmark::State& state) {
  kernel_bench<Device, Scheme, O, C>(1).encode(state);
}
template <class Device, class Scheme, class O, class C>
void apply(benchmark::State& state) {
  kernel_bench<Device, Scheme, O, C>(static_cast<int>(state.range(0))).apply(state);
}
template <class Device, class Scheme, class O, class C>
void relay(benchmark::State& state) {
  kernel_bench<Device, Scheme, O, C>(static_cast<int>(state.range(0))).relay(state);
}

/// Registers all of them: NAME/messages.
template <class Device>
void register_kernels() {
  using namespace saddle;
  using qsgd8 = qsgd<512, 8, rounding::nearest>;
  using qsgd4 = qsgd<512, 4, rounding::nearest>;
  using bare = updates<feedback::none>;
  using remembering = updates<feedback::error>;
  auto const add = [](char const* name, auto* f, std::vector<int> const& messages) {
    auto* const b = benchmark::RegisterBenchmark(name, f);
    if (Device::manual_time) b->UseManualTime();
    for (int n : messages) b->Arg(n);
  };
  add("encode/sgda/identity", encode<Device, bare, sgda, identity>, {1});
  add("encode/sgda/qsgd8/memory", encode<Device, remembering, sgda, qsgd8>, {1});
  add("encode/sgda/qsgd4/memory", encode<Device, remembering, sgda, qsgd4>, {1});
  add("encode/sgda/qsgd4-dithered", encode<Device, bare, sgda, qsgd<512, 4>>, {1});
  add("encode/sgda/scaled-sign/memory", encode<Device, remembering, sgda, scaled_sign<512>>, {1});
  add("encode/sgda/top-k/memory", encode<Device, remembering, sgda, top_k<512, 8>>, {1});
  add("encode/optimistic-adam/qsgd8/memory", encode<Device, remembering, optimistic_adam, qsgd8>, {1});
  add("encode/sgda/scaled-sign/copies", encode<Device, choco<false>, sgda, scaled_sign<512>>, {1});
  add("encode/omd/identity/gossip", encode<Device, mixing<false>, omd, identity>, {1});
  add("apply/sgda/identity", apply<Device, bare, sgda, identity>, {1, 8});
  add("apply/omd/qsgd8/memory", apply<Device, remembering, omd, qsgd8>, {1, 8});
  add("apply/sgda/qsgd4/memory", apply<Device, remembering, sgda, qsgd4>, {1, 8});
  add("apply/sgda/scaled-sign/memory", apply<Device, remembering, sgda, scaled_sign<512>>, {1, 8});
  add("apply/omd/top-k/memory", apply<Device, remembering, omd, top_k<512, 8>>, {1, 8});
  add("apply/omd/identity/gossip", apply<Device, mixing<false>, omd, identity>, {3});
  add("relay/qsgd8/memory", relay<Device, remembering, sgda, qsgd8>, {8});
}
