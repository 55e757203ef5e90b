#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/train/executor_program.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

/// What programs have in common that send by the same compressors: their messages.
template <class T, class Executor, class Up, class Down, bool Distributed>
class message_program : public executor_program<T, Executor> {
  using base = executor_program<T, Executor>;

 public:
  using base::layout;
  std::string compressor_name() const override { return Up::name(); }
  message_bytes message(way to, int player) const override {
    return on_its_way(to, [&]<class M>(M const& c) -> message_bytes {
      bucket_layout const all = layout();
      return {saddle::wire_bytes<M, T>(all, all.of(player), c), payload_bytes<M, T>(all, player, c)};
    });
  }
  std::int64_t planes_bytes(way to) const override {
    return on_its_way(to, [&]<class M>(M const& c) { return saddle::planes_bytes<M, T>(layout(), c); });
  }
  message_planes planes(way to, std::byte* begin) const override {
    return on_its_way(to, [&]<class M>(M const& c) { return planes_at<M, T>(layout(), begin, c); });
  }
  std::vector<std::span<std::byte>> wire_parts(way to, message_planes const& planes,
                                               bucket_range const& part) const override {
    using parts = std::vector<std::span<std::byte>>;
    return on_a_wire<parts>(
        to, [&]<class M>(M const& c) { return saddle::wire_parts<M, T>(planes, layout(), part, c); });
  }
  message_header seal(way to, message_planes const& planes, message_key const& key,
                      message_status const& status) const override {
    return on_a_wire<message_header>(
        to, [&]<class M>(M const& c) { return seal_message<M, T>(planes, layout(), key, status, c); });
  }
  void open(way to, message_header const& header, message_planes const& planes, message_key const& key) const override {
    on_a_wire<void>(to, [&]<class M>(M const& c) {
      open_message<M, T>(header, planes, layout(), key, to == way::down, c);
    });
  }

 protected:
  message_program(Executor const& how, typename base::combination const& is, tensor_layout tensors, Up up, Down down)
      : base(how, is, std::move(tensors)), up_(std::move(up)), down_(std::move(down)) {}

  Up const up_;
  Down const down_;

 private:
  /// f of the compressor that a message goes by.
  template <class F>
  auto on_its_way(way to, F const& f) const {
    return to == way::up ? f(up_) : f(down_);
  }
  /// The same where a message may leave the process; a transport that keeps all of them compiles nothing of it.
  template <class R, class F>
  R on_a_wire(way to, F const& f) const {
    if constexpr (Distributed) return on_its_way(to, f);
    else throw std::logic_error("saddle: a message leaves a process that is alone");
  }
};

SADDLE_NAMESPACE_END
