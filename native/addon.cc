// The Node-API boundary. One Runtime for each JavaScript environment, so worker threads share nothing.
// lib/native.ts is the only caller; it describes each function's arguments.
#include <napi.h>

#include <cstring>
#include <stdexcept>

#include "cpu/onednn.h"
#include "dispatch.h"
#include "sidecar.h"

namespace convolt {
namespace {

// What an environment owns. Promises of downloads are settled on its thread through `settle`, which keeps
// the process alive only while some are pending.
class Environment {
 public:
  explicit Environment(Napi::Env env)
      : settle_(Napi::ThreadSafeFunction::New(env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "convolt", 0, 1)) {
    settle_.Unref(env);
  }
  ~Environment() { settle_.Release(); }

  Napi::Promise read(Napi::Env env, int32_t handle);
  Napi::Promise synchronize(Napi::Env env, int device);

  Runtime runtime;
  Napi::Reference<Napi::Int32Array> words;
  int32_t* word_data = nullptr;
  size_t word_count = 0;

 private:
  using Convert = Napi::Value (*)(Napi::Env, const Download&, DType);
  Napi::Promise download(Napi::Env env, Device& device, const Buf& buf, Convert convert);

  Napi::ThreadSafeFunction settle_;
  size_t pending_ = 0;
};

Napi::Value typed_array(Napi::Env env, const Download& download, DType dtype) {
  auto buffer = Napi::ArrayBuffer::New(env, download.size);
  if (download.size > 0) std::memcpy(buffer.Data(), download.bytes, download.size);
  size_t length = download.size / bytes_of(dtype);
  switch (dtype) {
    case DType::f32: return Napi::Float32Array::New(env, length, buffer, 0);
    case DType::i32: return Napi::Int32Array::New(env, length, buffer, 0);
    case DType::u8: return Napi::Uint8Array::New(env, length, buffer, 0);
    case DType::bf16:
    case DType::f16: return Napi::Uint16Array::New(env, length, buffer, 0);
  }
  throw std::logic_error("internal: unknown element type");
}

Napi::Promise Environment::download(Napi::Env env, Device& device, const Buf& buf, Convert convert) {
  auto deferred = Napi::Promise::Deferred::New(env);
  if (pending_++ == 0) settle_.Ref(env);
  DType dtype = buf.dtype;
  device.download(buf.data, buf.numel * bytes_of(dtype), [this, deferred, dtype, convert](Download result) {
    auto finished = std::make_unique<Download>(std::move(result));
    settle_.NonBlockingCall(finished.release(), [this, deferred, dtype, convert](Napi::Env env, Napi::Function, Download* raw) {
      std::unique_ptr<Download> done(raw);
      if (static_cast<napi_env>(env) == nullptr) return;  // the environment is going away
      if (--pending_ == 0) settle_.Unref(env);
      if (done->error.empty()) deferred.Resolve(convert(env, *done, dtype));
      else deferred.Reject(Napi::Error::New(env, done->error).Value());
    });
  });
  return deferred.Promise();
}

Napi::Promise Environment::read(Napi::Env env, int32_t handle) {
  const Slot& slot = runtime.slot(handle);
  return download(env, runtime.waitable_device(slot.storage->device), slot.buf, typed_array);
}

Napi::Promise Environment::synchronize(Napi::Env env, int device) {
  return download(env, runtime.waitable_device(device), Buf{nullptr, 0, DType::u8},
                  [](Napi::Env e, const Download&, DType) -> Napi::Value { return e.Undefined(); });
}

Environment& environment(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

int32_t integer(const Napi::CallbackInfo& info, size_t i) {
  if (!info[i].IsNumber()) throw std::runtime_error("internal: argument " + std::to_string(i) + " must be a number");
  return info[i].As<Napi::Number>().Int32Value();
}

int64_t large_integer(const Napi::CallbackInfo& info, size_t i) {
  if (!info[i].IsNumber()) throw std::runtime_error("internal: argument " + std::to_string(i) + " must be a number");
  return info[i].As<Napi::Number>().Int64Value();
}

struct HostData {
  DType dtype;
  const void* data;
  int64_t numel;
};

HostData host_data(const Napi::CallbackInfo& info, size_t i) {
  if (info[i].IsTypedArray()) {
    auto array = info[i].As<Napi::TypedArray>();
    auto first = static_cast<const unsigned char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
    int64_t numel = int64_t(array.ElementLength());
    switch (array.TypedArrayType()) {
      case napi_float32_array: return {DType::f32, first, numel};
      case napi_int32_array: return {DType::i32, first, numel};
      case napi_uint8_array: return {DType::u8, first, numel};
      default: break;
    }
  }
  throw std::runtime_error("internal: argument " + std::to_string(i) + " must be a Float32Array, Int32Array or Uint8Array");
}

// The functions of the addon. What they throw becomes a JavaScript Error with the same message.

Napi::Value bind(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    throw std::runtime_error("internal: bind wants an Int32Array");
  Environment& self = environment(info);
  auto words = info[0].As<Napi::Int32Array>();
  self.words = Napi::Persistent(words);
  self.word_data = words.Data();
  self.word_count = words.ElementLength();
  return info.Env().Undefined();
}

Napi::Value run(const Napi::CallbackInfo& info) {
  Environment& self = environment(info);
  self.runtime.run(integer(info, 0), integer(info, 1), self.word_data, self.word_count);
  return info.Env().Undefined();
}

Napi::Value open(const Napi::CallbackInfo& info) {
  std::string name = info[0].ToString();
  Backend backend;
  if (name == "cpu") backend = Backend::cpu;
  else if (name == "emu") backend = Backend::emu;
  else if (name == "cuda") backend = Backend::cuda;
  else throw std::runtime_error("internal: there is no backend " + name);
  return Napi::Number::New(info.Env(), environment(info).runtime.open(backend, integer(info, 1)));
}

Napi::Value create(const Napi::CallbackInfo& info) {
  HostData host = host_data(info, 1);
  return Napi::Number::New(info.Env(), environment(info).runtime.create(integer(info, 0), host.dtype, host.data, host.numel));
}

Napi::Value write(const Napi::CallbackInfo& info) {
  HostData host = host_data(info, 1);
  Runtime& runtime = environment(info).runtime;
  if (runtime.slot(integer(info, 0)).buf.dtype != host.dtype) throw std::runtime_error("internal: write: wrong element type");
  runtime.write(integer(info, 0), host.data, host.numel * bytes_of(host.dtype));
  return info.Env().Undefined();
}

Napi::Value view(const Napi::CallbackInfo& info) {
  int32_t handle = environment(info).runtime.view(integer(info, 0), large_integer(info, 1), large_integer(info, 2));
  return Napi::Number::New(info.Env(), handle);
}

Napi::Value free_handle(const Napi::CallbackInfo& info) {
  environment(info).runtime.free(integer(info, 0));
  return info.Env().Undefined();
}

Napi::Value read(const Napi::CallbackInfo& info) { return environment(info).read(info.Env(), integer(info, 0)); }

Napi::Value synchronize(const Napi::CallbackInfo& info) { return environment(info).synchronize(info.Env(), integer(info, 0)); }

Napi::Value wait(const Napi::CallbackInfo& info) {
  environment(info).runtime.waitable_device(integer(info, 0)).synchronize();
  return info.Env().Undefined();
}

Napi::Value mark(const Napi::CallbackInfo& info) {
  environment(info).runtime.waitable_device(integer(info, 0)).mark();
  return info.Env().Undefined();
}

Napi::Value intervals(const Napi::CallbackInfo& info) {
  const std::vector<double> milliseconds = environment(info).runtime.waitable_device(integer(info, 0)).intervals();
  auto result = Napi::Array::New(info.Env(), milliseconds.size());
  for (size_t i = 0; i < milliseconds.size(); i++) result[uint32_t(i)] = milliseconds[i];
  return result;
}

Napi::Value memory(const Napi::CallbackInfo& info) {
  Runtime& runtime = environment(info).runtime;
  const MemoryUse& use = runtime.allocator(integer(info, 0)).use;
  auto result = Napi::Object::New(info.Env());
  result["inUse"] = double(use.in_use);
  result["reserved"] = double(use.reserved);
  result["peak"] = double(use.peak);
  result["limit"] = double(use.limit);
  result["tensors"] = double(runtime.live());
  return result;
}

Napi::Value set_memory_limit(const Napi::CallbackInfo& info) {
  environment(info).runtime.allocator(integer(info, 0)).use.limit = size_t(large_integer(info, 1));
  return info.Env().Undefined();
}

Napi::Value trim(const Napi::CallbackInfo& info) {
  environment(info).runtime.trim(integer(info, 0));
  return info.Env().Undefined();
}

Napi::Value begin_recording(const Napi::CallbackInfo& info) {
  environment(info).runtime.begin_recording(integer(info, 0));
  return info.Env().Undefined();
}

Napi::Value end_recording(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), environment(info).runtime.end_recording());
}

Napi::Value abandon_recording(const Napi::CallbackInfo& info) {
  environment(info).runtime.abandon_recording();
  return info.Env().Undefined();
}

Napi::Value replay(const Napi::CallbackInfo& info) {
  environment(info).runtime.replay(integer(info, 0));
  return info.Env().Undefined();
}

Napi::Value free_recorded(const Napi::CallbackInfo& info) {
  environment(info).runtime.free_recorded(integer(info, 0));
  return info.Env().Undefined();
}

Napi::Value host(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  result["onednn"] = onednn_version();
#ifdef CONVOLT_CHECKED
  result["checked"] = true;
#else
  result["checked"] = false;
#endif
  return result;
}

Napi::Value cuda(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto result = Napi::Object::New(env);
  auto devices = Napi::Array::New(env);
  std::string reason;
  const Sidecar* sidecar = load_sidecar(reason);
  result["sidecar"] = sidecar != nullptr;
  if (sidecar) {
    int driver = 0;
    for (const CudaDeviceInfo& device : sidecar->devices(reason, driver)) {
      auto entry = Napi::Object::New(env);
      entry["name"] = device.name;
      entry["computeCapability"] = std::to_string(device.major) + "." + std::to_string(device.minor);
      entry["multiprocessors"] = device.multiprocessors;
      entry["memory"] = double(device.memory);
      devices[devices.Length()] = entry;
    }
    result["driver"] = driver;
    result["toolkit"] = sidecar->toolkit;
    result["architectures"] = sidecar->architectures;
  }
  result["devices"] = devices;
  result["reason"] = reason;
  return result;
}

Napi::Array manifest(Napi::Env env) {
  auto list = Napi::Array::New(env);
  for (const OpText& op : op_texts()) {
    auto entry = Napi::Object::New(env);
    entry["name"] = op.name;
    entry["inputs"] = op.inputs;
    entry["outputs"] = op.outputs;
    entry["params"] = op.params;
    entry["fields"] = op.fields;
    list[list.Length()] = entry;
  }
  return list;
}

// Turns what a function throws into a JavaScript Error.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory: the host has none left");
  } catch (const std::exception& e) {
    throw Napi::Error::New(info.Env(), e.what());
  }
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<guarded<function>>(exports.Env(), name);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment(env));
  add<bind>(exports, "bind");
  add<run>(exports, "run");
  add<open>(exports, "open");
  add<create>(exports, "create");
  add<write>(exports, "write");
  add<view>(exports, "view");
  add<free_handle>(exports, "free");
  add<read>(exports, "read");
  add<synchronize>(exports, "synchronize");
  add<wait>(exports, "wait");
  add<mark>(exports, "mark");
  add<intervals>(exports, "intervals");
  add<memory>(exports, "memory");
  add<set_memory_limit>(exports, "setMemoryLimit");
  add<trim>(exports, "trim");
  add<begin_recording>(exports, "beginRecording");
  add<end_recording>(exports, "endRecording");
  add<abandon_recording>(exports, "abandonRecording");
  add<replay>(exports, "replay");
  add<free_recorded>(exports, "freeRecorded");
  add<host>(exports, "host");
  add<cuda>(exports, "cuda");
  exports["manifest"] = manifest(env);
  exports["version"] = CONVOLT_VERSION;
  return exports;
}

NODE_API_MODULE(convolt, init)

}  // namespace
}  // namespace convolt
