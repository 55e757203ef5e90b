#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Messages on their way between processes: a header and the parts of each, for one exchange at a time.
template <class T>
class delivery {
 public:
  struct arrived {
    message_header* header;
    message_planes planes;  // on the host
    message_key key;
  };

  void begin() {
    headers_.clear();
    sends_.clear();
    receives_.clear();
    arriving_.clear();
  }
  /// A message of this process goes to another rank.
  void send(int rank, message_codec<T> const& codec, bucket_layout const& layout, message_planes const& planes,
            message_key const& key, message_status const& status) {
    headers_.push_back(codec.seal(layout, planes, key, status));
    add(sends_, rank, codec.parts(layout, planes, key.part));
  }
  /// One of another rank comes to these planes.
  void receive(int rank, message_codec<T> const& codec, bucket_layout const& layout, message_planes const& planes,
               message_key const& key) {
    arriving_.push_back({&headers_.emplace_back(), planes, key});
    add(receives_, rank, codec.parts(layout, planes, key.part));
  }
  void start(communicator& link, std::int64_t step, int round, std::span<transfer const> transfers) {
    link.start({step, round, transfers, sends_, receives_});
  }
  /// f(a message that came), when it has been looked at.
  /// errors  transport_error, bad_message
  template <class F>
  void finish(communicator& link, message_codec<T> const& codec, bucket_layout const& layout, bool by_server,
              F const& f) {
    link.finish();
    for (arrived const& m : arriving_) {
      codec.open(layout, *m.header, m.planes, m.key, by_server);
      f(m);
    }
  }

 private:
  /// The header that was added last, and the parts.
  void add(std::vector<parcel>& to, int rank, std::vector<std::span<std::byte>> const& parts) {
    to.push_back({rank, std::as_writable_bytes(std::span(&headers_.back(), 1))});
    for (std::span<std::byte> const bytes : parts) to.push_back({rank, bytes});
  }

  // Kept to reuse their memory.
  std::deque<message_header> headers_;  // a deque does not move what it holds
  std::vector<parcel> sends_, receives_;
  std::vector<arrived> arriving_;
};

SADDLE_NAMESPACE_END
