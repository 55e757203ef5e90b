#pragma once
#include <torch/library.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"

SADDLE_NAMESPACE_BEGIN

/// While it lives, torch in this thread takes gradients, and draws from a generator of this scope wherever it is given
/// none: dropout, initializers, torch::randn. Torch's global generator is neither read nor changed, so threads may draw
/// at the same time, and each gets its own numbers.
///
/// threads  that torch computes with, by at::set_num_threads where it is another number: this thread keeps it, and
///          later ones begin with it. It is not set back, for which torch 1.13 needs milliseconds
/// devices  what is drawn there is left to the device's generator, see torch_cuda.cuh
/// source   every operation of torch that takes a generator is caught by its dispatcher, at a key that is on in the
///          threads with a scope; there is no generator of a thread
class torch_scope {
 public:
  /// The generator's seed is the first 32 bits of the stream: torch's Mersenne Twister takes no more.
  torch_scope(random_stream const& stream, int threads)
      : generator_(at::detail::createCPUGenerator(random_sequence(stream).bits())),
        outer_(std::exchange(of_thread_, &generator_)),
        draws_here_((catch_draws(), key)) {
    if (at::get_num_threads() != threads) at::set_num_threads(threads);
  }
  torch_scope(torch_scope const&) = delete;
  torch_scope& operator=(torch_scope const&) = delete;
  ~torch_scope() { of_thread_ = outer_; }

  torch::Generator& generator() { return generator_; }

 private:
  // Comes before autograd, and is nobody else's: torch uses it in its own tests.
  static constexpr c10::DispatchKey key = c10::DispatchKey::TESTING_ONLY_GenericWrapper;

  static void draw(c10::OperatorHandle const& operation, c10::DispatchKeySet keys, torch::jit::Stack* stack) {
    auto const& arguments = operation.schema().arguments();
    std::span<c10::IValue> const given = std::span(*stack).last(arguments.size());
    for (std::size_t i = 0; i < given.size(); ++i)
      if (arguments[i].name() == "generator" && given[i].isNone() && is_on_host(given)) given[i] = *of_thread_;
    operation.redispatchBoxed(keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, key), stack);
  }
  /// An operation computes where its first tensor is, or where it is told to.
  static bool is_on_host(std::span<c10::IValue const> arguments) {
    for (c10::IValue const& one : arguments)
      if (one.isTensor() && one.toTensor().defined()) return one.toTensor().device().is_cpu();
    for (c10::IValue const& one : arguments)
      if (one.isDevice()) return one.toDevice().is_cpu();
    return true;
  }
  /// Once a program.
  static void catch_draws() {
    static std::pair<torch::Library, torch::Library> const caught = [] {
      torch::Library others(torch::Library::IMPL, "_", key, __FILE__, __LINE__);
      others.fallback(torch::CppFunction::makeFallthrough());
      torch::Library drawing(torch::Library::IMPL, "aten", key, __FILE__, __LINE__);
      auto& all = c10::Dispatcher::singleton();
      for (c10::OperatorName const& name : all.getAllOpNames()) {
        auto const operation = all.findSchema(name);
        if (!operation || !name.name.starts_with("aten::")) continue;
        if (std::ranges::any_of(operation->schema().arguments(), [](auto const& a) { return a.name() == "generator"; }))
          drawing.impl(c10::toString(name).c_str(), torch::CppFunction::makeFromBoxedFunction<&torch_scope::draw>());
      }
      return std::pair(std::move(others), std::move(drawing));
    }();
  }

  static inline thread_local torch::Generator* of_thread_ = nullptr;

  torch::Generator generator_;
  torch::Generator* outer_;
  c10::impl::IncludeDispatchKeyGuard draws_here_;
  torch::AutoGradMode takes_gradients_{true};
};

SADDLE_NAMESPACE_END
