#pragma once
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/atomic_file.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/printable.hpp"

SADDLE_NAMESPACE_BEGIN

/// The order in which a server takes pushes, in files of a worker a line: one that is written, one that is followed.
/// Without a name neither is.
class push_order {
 public:
  /// errors  std::invalid_argument that names the file
  push_order(std::string record, std::string replay, int workers)
      : record_(std::move(record)), replay_(std::move(replay)) {
    if (replay_.empty()) return;
    std::ifstream in(replay_);
    expects(in.is_open(), [&] { return "async_server: cannot read " + printable(replay_); });
    for (std::string word; in >> word;) {
      auto const worker = number_from<int>(word);
      expects(worker.has_value(), [&] {
        return "async_server: " + printable(replay_) + ": '" + printable(word.substr(0, 20)) +
               "' is no number of a worker";
      });
      expects(*worker >= 0 && *worker < workers,
              [&] { return "async_server: " + printable(replay_) + " names worker " + number_text(*worker); });
      order_.push_back(*worker);
    }
    expects(!in.bad(), [&] { return "async_server: cannot read " + printable(replay_); });
  }

  /// Whose push is number `turn`, from 0 on; -1 where no order is followed.
  int at(std::int64_t turn) const {
    if (replay_.empty()) return -1;
    auto const place = static_cast<std::size_t>(turn);
    expects(place < order_.size(), [&] {
      return "async_server: " + printable(replay_) + " has no more than " + number_text(order_.size()) + " pushes";
    });
    return order_[place];
  }
  /// Push number `turn` is this worker's. A file that is there keeps what came before the first that is noted: a run
  /// goes on that was loaded.
  /// errors  std::invalid_argument: the file has fewer pushes, and stays as it is
  ///         std::runtime_error: it cannot be written
  void note(std::int64_t turn, int worker) {
    if (record_.empty()) return;
    if (!out_ || turn != next_) begin(turn);
    noted_ += number_text(worker) + '\n';
    next_ = turn + 1;
    if (noted_.size() > 1 << 16) flush();
  }
  /// What was noted is in the file.
  /// errors  std::runtime_error
  void flush() {
    if (out_) out_->write(noted_);
    noted_.clear();
  }
  /// And survives a loss of power.
  void sync() {
    flush();
    if (out_) out_->commit();
  }

 private:
  void begin(std::int64_t turn) {
    flush();
    std::string before;
    std::int64_t lines = 0;
    std::ifstream in(record_);
    for (std::string line; lines < turn && std::getline(in, line); ++lines) before += line + '\n';
    expects(lines == turn, [&] {
      return "async_server: " + printable(record_) + " has " + number_text(lines) + " pushes, and number " +
             number_text(turn) + " is to follow";
    });
    out_.emplace(record_);
    out_->write(before);
    out_->commit();
  }

  std::string record_, replay_;
  std::vector<int> order_;
  std::optional<atomic_file> out_;
  std::string noted_;      // and not yet in the file
  std::int64_t next_ = 0;  // what it is to be told of next
};

SADDLE_NAMESPACE_END
