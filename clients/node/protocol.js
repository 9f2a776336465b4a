'use strict';
// The line protocol of clients/PROTOCOL.md, for an adapter with the carry `cache`. ES5: Node 0.8 runs it too.
//
// An adapter has `library`, `version`, `configure(settings)` and `connect(order, result, done)`. It throws a Failure or
// Unimplemented, or passes a Failure to `done`, and notes in `result` what the library told, as soon as it is told.

// How a command ended that did not go well: a stage, the library's own words, and its number or name for them.
function Failure(stage, text, code) {
  this.answer = { stage: stage, text: String(text), code: code === undefined ? null : String(code) };
}

// A command or value that the adapter does not know how to carry out. Thrown before anything has changed.
function Unimplemented(what) {
  this.what = what;
}

function malformed(text) {
  return new Failure('protocol', text);
}

function isNames(value) {
  return Array.isArray(value) && value.length > 0 && value.every(function (name) { return typeof name === 'string'; });
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value) {
  return typeof value === 'string';
}

function isCount(limit) {
  return function (value) {
    return typeof value === 'number' && Math.floor(value) === value && value >= 1 && value <= limit;
  };
}

// The fields of one JSON object. One that is not known and not null is unimplemented: to ignore it would be a lie.
function Fields(values, path, known) {
  this.values = values;
  this.path = path;
  Object.keys(values).forEach(function (name) {
    if (values[name] !== null && known.indexOf(name) < 0) throw new Unimplemented(path + '.' + name);
  });
}

Fields.prototype.find = function (name, fits) {
  var value = this.values[name];
  if (value === undefined || value === null) return null;
  if (!fits(value)) throw malformed(this.path + '.' + name + ' cannot be ' + JSON.stringify(value));
  return value;
};

Fields.prototype.get = function (name, fits) {
  var value = this.find(name, fits);
  if (value === null) throw malformed(this.path + '.' + name + ' is missing');
  return value;
};

function readSettings(command) {
  var fields = new Fields(command, 'configure',
                          ['do', 'tls', 'server_name', 'ca', 'certificate', 'ciphers', 'keylog']);
  var certificate = fields.find('certificate', isObject);
  if (certificate) {
    certificate = new Fields(certificate, 'configure.certificate', ['cert', 'key']);
    certificate = { cert: certificate.get('cert', isText), key: certificate.get('key', isText) };
  }
  return {
    tls: fields.get('tls', isText),
    serverName: fields.get('server_name', isText),
    ca: fields.get('ca', isText),
    certificate: certificate,
    ciphers: fields.find('ciphers', isNames),
    keylog: fields.find('keylog', isText)
  };
}

function readOffer(fields) {
  var offer = fields.values.offer;
  if (typeof offer === 'number') return fields.get('offer', isCount(0x7fffffff));
  if (fields.get('offer', isText) !== 'latest' && offer !== 'none') throw new Unimplemented('connect.offer ' + offer);
  return offer;
}

function readOrder(command) {
  var fields = new Fields(command, 'connect', ['do', 'connection', 'host', 'port', 'offer', 'request', 'read']);
  var order = {
    connection: fields.get('connection', isCount(0x7fffffff)),
    host: fields.get('host', isText),
    port: fields.get('port', isCount(0xffff)),
    offer: readOffer(fields),
    request: fields.find('request', isText)
  };
  var read = fields.find('read', isText);
  if (read !== null && read !== 'all' && read !== 'none') throw new Unimplemented('connect.read ' + read);
  order.readResponse = read !== 'none';
  return order;
}

function parse(line) {
  var command;
  try {
    command = JSON.parse(line);
  } catch (error) {
    throw malformed('the line is not JSON: ' + error.message);
  }
  if (!isObject(command)) throw malformed('the line is not a JSON object');
  if (!isText(command['do'])) throw malformed('the object does not say what to do');
  return command;
}

// Calls back with the answer to one line at a time.
function Conversation(adapter) {
  this.adapter = adapter;
  this.configured = false;
}

Conversation.prototype.hello = function (command, answered) {
  var protocol = new Fields(command, 'hello', ['do', 'protocol']).get('protocol', isCount(0x7fffffff));
  if (protocol !== 1) throw new Unimplemented('hello.protocol ' + protocol);
  answered({ ok: true, protocol: 1, library: this.adapter.library, version: this.adapter.version, carry: 'cache',
             time: Date.now() / 1000 });
};

Conversation.prototype.configure = function (command, answered) {
  this.adapter.configure(readSettings(command));
  this.configured = true;
  answered({ ok: true });
};

Conversation.prototype.connect = function (command, answered) {
  if (!this.configured) throw malformed('connect before configure');
  var result = { ok: true, resumed: null, version: null, cipher: null, session_id: null, tickets_received: null,
                 response_bytes: null, session: null };
  this.adapter.connect(readOrder(command), result, function (failure) {
    if (failure) {
      result.ok = false;
      result.error = failure.answer;
    }
    answered(result);
  });
};

Conversation.prototype.answer = function (line, answered) {
  try {
    var command = parse(line);
    if (['hello', 'configure', 'connect'].indexOf(command['do']) < 0) throw new Unimplemented(command['do']);
    this[command['do']](command, answered);
  } catch (error) {
    if (error instanceof Failure) return answered({ ok: false, error: error.answer });
    if (error instanceof Unimplemented) return answered({ ok: false, unimplemented: error.what });
    throw error;
  }
};

// Serves stdin and stdout until the end of input.
function serve(adapter) {
  var conversation = new Conversation(adapter);
  var rest = '';
  var lines = [];
  var busy = false;

  function next() {
    if (busy || lines.length === 0) return;
    busy = true;
    conversation.answer(lines.shift(), function (answer) {
      process.stdout.write(JSON.stringify(answer) + '\n');
      busy = false;
      next();
    });
  }

  process.stdin.setEncoding('utf8');
  process.stdin.on('data', function (text) {
    var parts = (rest + text).split('\n');
    rest = parts.pop();
    lines = lines.concat(parts);
    next();
  });
  process.stdin.resume();
}

exports.Failure = Failure;
exports.Unimplemented = Unimplemented;
exports.malformed = malformed;
exports.serve = serve;
