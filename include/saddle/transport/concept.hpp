#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// One directed transfer of an exchange.
struct transfer {
  int from, to;
};

/// What one round of an exchange moves: who hears whom.
struct exchange_round {
  std::int64_t step;
  int round;
  std::span<transfer const> transfers;
};

/// A running connection between workers. It knows bytes, no types.
class link {
 public:
  virtual ~link() = default;
  virtual int workers() const = 0;
  /// This process hosts the workers first() ... first() + hosted() - 1.
  virtual int first() const = 0;
  virtual int hosted() const = 0;
  /// Once: where the hosted workers write their messages.
  virtual void bind(std::span<std::span<std::byte> const> outgoing) = 0;
  /// Where any worker's message is read if a hosted one hears it, between finish() and the next start().
  virtual std::byte* message(int worker) = 0;
  virtual void start(exchange_round const& round) = 0;
  virtual void finish() = 0;
  /// Whether all workers are hosted, so that start and finish move nothing.
  bool is_local() const { return hosted() == workers(); }
  /// What was put on a wire so far.
  virtual std::int64_t wire_bytes() const = 0;
};

/// A value that describes how workers are connected.
template <class Tr>
concept transport = requires(Tr const t) {
  { t.connect() } -> std::convertible_to<std::unique_ptr<link>>;
};

SADDLE_NAMESPACE_END
