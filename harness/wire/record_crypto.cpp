#include "wire/record_crypto.hpp"

namespace ti {

class RecordOpener::Impl {};

std::optional<RecordOpener> RecordOpener::make(const Suite&, Version, bool, const RecordKeys&) { return std::nullopt; }

RecordOpener::RecordOpener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordOpener::RecordOpener(RecordOpener&&) noexcept = default;
RecordOpener& RecordOpener::operator=(RecordOpener&&) noexcept = default;
RecordOpener::~RecordOpener() = default;

std::optional<OpenedRecord> RecordOpener::open(const Record&) { return std::nullopt; }
void RecordOpener::skip(const Record&) {}

}  // namespace ti
