#!/usr/bin/env node
/* Plain old JavaScript: it must also parse under a Node that is too old to run perbench, and say what to do there. */
'use strict';

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var root = path.join(__dirname, '..');
var GUARD = 'PERBENCH_REEXECUTED';

function isNewEnough(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  return major > 24 || (major === 24 && Number(parts[1]) >= 12);
}

function fail(what, how) {
  process.stderr.write('error: ' + what + '\nhint: ' + how + '\n');
  process.exitCode = 5;
}

/** A Node 24 that npm installed beside perbench: that of the platform, or the one of the package `node`. */
function bundledNode() {
  var platform = process.platform === 'win32' ? 'win' : process.platform;
  return nodeOf('node-' + platform + '-' + process.arch) || nodeOf('node');
}

function nodeOf(name) {
  var manifest;
  try {
    manifest = require.resolve(name + '/package.json');
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
    throw error;
  }
  var file = path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return fs.existsSync(file) ? file : undefined;
}

function reexecute(node) {
  var env = Object.assign({}, process.env);
  env[GUARD] = '1';
  var args = process.execArgv.concat([__filename], process.argv.slice(2));
  // The channel breaks when this process dies, of whatever: then the child ends as well.
  var child = childProcess.spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: env });
  var signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  var forward = {};
  signals.forEach(function (name) {
    // A terminal sends the signal to both processes; the child takes two within 500 ms for one.
    forward[name] = function () {
      child.kill(name);
    };
    process.on(name, forward[name]);
  });
  child.on('error', function (error) {
    fail('cannot start ' + node + ': ' + error.message, 'Run npm ci again, or install Node 24.12 or newer.');
  });
  child.on('exit', function (code, signal) {
    signals.forEach(function (name) {
      process.removeListener(name, forward[name]);
    });
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

/** Ends as when the terminal was closed once the process that started this one is gone. */
function endWithStarter() {
  if (!process.env[GUARD] || !process.channel) return;
  process.once('disconnect', function () {
    if (!process.emit('SIGHUP', 'SIGHUP')) process.exit(129);
  });
  process.channel.unref();
}

function start() {
  endWithStarter();
  // A source checkout runs its source, so that no stale build can answer; an installed package has no src/.
  var source = path.join(root, 'src', 'cli', 'main.ts');
  var built = path.join(root, 'dist', 'cli', 'main.js');
  var file = fs.existsSync(source) ? source : built;
  if (!fs.existsSync(file)) {
    fail('perbench is incomplete: ' + built + ' is missing', 'Install the package again, or run npm run build.');
    return;
  }
  require('module').enableCompileCache();
  require(file).main();
}

if (isNewEnough(process.versions.node)) {
  start();
} else {
  var node = process.env[GUARD] ? undefined : bundledNode();
  if (node) reexecute(node);
  else
    fail(
      'perbench needs Node 24.12 or newer, this is ' + process.versions.node,
      'Install Node 24, or run: npx -y -p node@24 -p perbench -c "perbench --help"',
    );
}
