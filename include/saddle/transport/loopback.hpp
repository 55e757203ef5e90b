#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// All workers in this process: messages are read where they were written, and nothing is on a wire.
struct loopback {
  int workers = 1;

  std::unique_ptr<link> connect() const {
    expects(workers >= 1 && workers < 1 << 24, "loopback: there must be at least one worker and less than 2^24");
    return std::make_unique<connection>(workers);
  }

 private:
  class connection final : public link {
   public:
    explicit connection(int workers) : messages_(static_cast<std::size_t>(workers)) {}
    int workers() const override { return static_cast<int>(messages_.size()); }
    int first() const override { return 0; }
    int hosted() const override { return workers(); }
    void bind(std::span<std::span<std::byte> const> outgoing) override {
      for (std::size_t m = 0; m < messages_.size(); ++m) messages_[m] = outgoing[m].data();
    }
    std::byte* message(int worker) override { return messages_[static_cast<std::size_t>(worker)]; }
    void start(exchange_round const&) override {}
    void finish() override {}
    std::int64_t wire_bytes() const override { return 0; }

   private:
    std::vector<std::byte*> messages_;
  };
};

static_assert(transport<loopback>);

SADDLE_NAMESPACE_END
