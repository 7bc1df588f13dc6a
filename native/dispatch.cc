#include "dispatch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "host_backends.h"
#include "sidecar.h"

namespace convolt {
namespace {

#ifdef CONVOLT_CHECKED
constexpr bool kExact = true;
#else
constexpr bool kExact = false;
#endif

[[noreturn]] void internal(const std::string& what) { throw std::runtime_error("internal: " + what); }

struct Column {
  std::unique_ptr<Device> device;
  const Kernel* kernels;
};

Column open_backend(Backend backend, int ordinal) {
  if (backend == Backend::cpu) return {open_host_device(cpu_memory), cpu_kernels};
  if (backend == Backend::emu) return {open_host_device(emu_memory), emu_kernels};
  std::string reason;
  const Sidecar* sidecar = load_sidecar(reason);
  if (!sidecar) throw std::runtime_error(reason);
  return {sidecar->open(ordinal), sidecar->kernels};
}

std::string megabytes(size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", double(bytes) / 1e6);
  return text;
}

// The types that buffers of one call share: the first such buffer decides for the others.
struct SharedTypes {
  std::optional<DType> floating, same;

  // Whether a buffer of an op may have this element type.
  bool fit(const BufferSpec& spec, DType dtype) {
    switch (spec.type) {
      case BufferSpec::Type::any: return true;
      case BufferSpec::Type::fixed: return dtype == spec.dtype;
      case BufferSpec::Type::same:
        if (!same) same = dtype;
        return same == dtype;
      case BufferSpec::Type::floating:
        if (!floating && is_float(dtype)) floating = dtype;
        return floating == dtype;
    }
    return false;
  }

  DType of_output(const BufferSpec& spec) const {
    if (spec.type == BufferSpec::Type::floating) return floating.value_or(DType::f32);
    return spec.type == BufferSpec::Type::same ? same.value_or(DType::f32) : spec.dtype;
  }
};

constexpr int kRecorded = -2;  // stands in place of a creator for what recorded steps hold

const char* name_of(int creator) {
  if (creator == kRecorded) return "recorded steps";
  return creator == kUploaded ? "data from the host" : signatures()[creator].name.c_str();
}

}  // namespace

int Runtime::open(Backend backend, int ordinal) {
  for (size_t i = 0; i < devices_.size(); i++)
    if (devices_[i]->backend == backend && devices_[i]->ordinal == ordinal) return int(i);
  Column column = open_backend(backend, ordinal);
  Device& device = *column.device;
  devices_.push_back(std::unique_ptr<OpenDevice>(
      new OpenDevice{backend, ordinal, std::move(column.device), column.kernels, Allocator(device, kExact)}));
  return int(devices_.size()) - 1;
}

Runtime::OpenDevice& Runtime::at(int number) {
  if (number < 0 || size_t(number) >= devices_.size()) internal("device " + std::to_string(number) + " is not open");
  return *devices_[number];
}

void Runtime::run(int op, int device, int32_t* words, size_t word_count) {
  if (op < 0 || size_t(op) >= signatures().size()) internal("op " + std::to_string(op) + " does not exist");
  const Signature& signature = signatures()[op];
  OpenDevice& open = at(device);
  const size_t inputs = signature.inputs.size(), outputs = signature.outputs.size();
  if (inputs + signature.words > word_count) internal(signature.name + ": the parameter block is too short");
  const int32_t* params = words + inputs;
  signature.check(params);

  Command command;
  command.name = signature.name.c_str();
  command.kernel = open.kernels[op];
  command.inputs = inputs;
  command.outputs = outputs;
  std::memcpy(command.params, params, signature.words * sizeof(int32_t));

  int64_t count = 0;  // of `*`: the elements of the first input, which every op with a `*` has
  SharedTypes types;
  bool has_work = false;  // something to write
  for (size_t i = 0; i < inputs; i++) {
    const BufferSpec& spec = signature.inputs[i];
    if (words[i] == 0) {
      if (!spec.optional) internal(signature.name + ": " + spec.name + " is missing");
      continue;
    }
    const Slot& slot = slots_.at(words[i]);
    if (slot.storage->device != device) internal(signature.name + ": " + spec.name + " lives on another device");
    if (!types.fit(spec, slot.buf.dtype)) internal(signature.name + ": " + spec.name + " has the wrong element type");
    if (i == 0) count = slot.buf.numel;
    int64_t needed = signature.numel(spec, params, count);
    if (slot.buf.numel != needed)
      internal(signature.name + ": " + spec.name + " has " + std::to_string(slot.buf.numel) + " elements, not " + std::to_string(needed));
    if (recording_) recording_->use(slot.storage);
    command.in[i] = slot.buf;
    has_work |= spec.in_place && slot.buf.numel > 0;
  }

  std::shared_ptr<Storage> made[kMostOutputs];
  for (size_t i = 0; i < outputs; i++) {
    const BufferSpec& spec = signature.outputs[i];
    int64_t numel = signature.numel(spec, params, count);
    const DType dtype = types.of_output(spec);
    made[i] = allocate(device, numel, dtype, op);
    command.out[i] = {made[i]->data, numel, dtype};
    has_work |= numel > 0;
  }
  // Extents whose product is nothing may each be of any size, so no kernel sees them.
  if (has_work) open.device->run(command);
  for (size_t i = 0; i < outputs; i++) words[i] = slots_.add(std::move(made[i]), command.out[i]);
}

int32_t Runtime::create(int device, DType dtype, const void* data, int64_t numel) {
  auto storage = allocate(device, numel, dtype, kUploaded);
  Buf buf{storage->data, numel, dtype};
  if (numel > 0) at(device).device->upload(buf.data, data, numel * bytes_of(dtype));
  return slots_.add(std::move(storage), buf);
}

void Runtime::write(int32_t handle, const void* data, size_t bytes) {
  const Slot& slot = slots_.at(handle);
  if (bytes != slot.buf.numel * bytes_of(slot.buf.dtype)) internal("write: the data has another size than the tensor");
  if (recording_) recording_->use(slot.storage);
  if (bytes > 0) at(slot.storage->device).device->upload(slot.buf.data, data, bytes);
}

int32_t Runtime::view(int32_t handle, int64_t offset, int64_t numel) {
  const Slot& slot = slots_.at(handle);
  if (offset < 0 || numel < 0 || offset > slot.buf.numel - numel) internal("view: outside of its tensor");
  Buf buf{slot.buf.as<unsigned char>() + offset * bytes_of(slot.buf.dtype), numel, slot.buf.dtype};
  return slots_.add(slot.storage, buf);
}

void Runtime::free(int32_t handle) { slots_.remove(handle); }

void Runtime::begin_recording(int device) {
  if (recording_) internal("a recording is under way");
  OpenDevice& open = at(device);
  recording_ = std::make_unique<RecordedStep>(device, *open.device, open.allocator);
}

int32_t Runtime::end_recording() {
  if (!recording_) internal("nothing is being recorded");
  std::unique_ptr<RecordedStep> step = std::move(recording_);
  step->end();
  recorded_.emplace(++recordings_made_, std::move(step));
  return recordings_made_;
}

void Runtime::replay(int32_t recorded) {
  auto found = recorded_.find(recorded);
  if (found == recorded_.end()) internal("there is no recorded step " + std::to_string(recorded));
  if (recording_) internal("a recording is under way");
  found->second->replay();
}

Device& Runtime::waitable_device(int number) {
  if (is_recording(number)) internal("device " + std::to_string(number) + " is recording");
  return *at(number).device;
}

void Runtime::trim(int device) {
  waitable_device(device);
  at(device).allocator.trim();
}

// The storage's deleter gives its memory back, to the recording that made it while that is there, when the last slot
// lets go of it.
std::shared_ptr<Storage> Runtime::allocate(int device, int64_t numel, DType dtype, int creator) {
  OpenDevice& open = at(device);
  size_t bytes = numel * bytes_of(dtype);
  Allocator& allocator = open.allocator;
  std::shared_ptr<BlockPool> pool = is_recording(device) ? recording_->pool() : nullptr;
  void* data = pool ? allocator.allocate(bytes, *pool) : allocator.allocate(bytes);
  if (!data) throw std::runtime_error(out_of_memory(open, bytes, creator));
  return std::shared_ptr<Storage>(new Storage{data, bytes, device, creator, pool}, [&allocator](Storage* storage) {
    if (auto pool = storage->pool.lock()) allocator.free(storage->data, storage->bytes, *pool);
    else allocator.free(storage->data, storage->bytes);
    delete storage;
  });
}

std::string Runtime::out_of_memory(OpenDevice& open, size_t bytes, int creator) const {
  std::map<int, size_t> held;  // bytes by creator
  std::set<const Storage*> seen;
  slots_.for_each([&](const Slot& slot) {
    if (devices_[slot.storage->device].get() == &open && seen.insert(slot.storage.get()).second)
      held[slot.storage->creator] += slot.storage->bytes;
  });
  auto add_recorded = [&](const RecordedStep& step) {
    if (devices_[step.device_number].get() == &open) held[kRecorded] += step.pool()->free_bytes();
  };
  for (const auto& [number, step] : recorded_) add_recorded(*step);
  if (recording_) add_recorded(*recording_);
  std::vector<std::pair<int, size_t>> holders(held.begin(), held.end());
  std::sort(holders.begin(), holders.end(), [](auto& a, auto& b) { return a.second > b.second; });
  const MemoryUse& use = open.allocator.use;
  std::string text = std::string("out of memory: ") + name_of(creator) + " asked for " + megabytes(bytes) + "; " +
                     megabytes(use.in_use) + " are in use";
  if (use.limit != 0) text += " of a limit of " + megabytes(use.limit);
  for (size_t i = 0; i < std::min<size_t>(holders.size(), 3); i++)
    text += std::string(i == 0 ? ", most of it made by " : ", ") + name_of(holders[i].first) + " (" + megabytes(holders[i].second) + ")";
  return text;
}

}  // namespace convolt
