#!/usr/bin/env node
// The pinned compiler (npm package `solc`, WebAssembly) behind the part of the native program's command line that
// forge and py-solc-x use: `--version`, and `--standard-json [FILE]` with the input on stdin or in FILE.
// Sources that the input does not carry are looked up below --base-path and each --include-path, nowhere else.
// Exit codes: 0 done (compile errors are in the JSON, as with the native program), 2 unsupported arguments.
'use strict'
const fs = require('fs')
const path = require('path')

const PACKAGE = path.join(__dirname, 'node_modules', 'solc')
const STDIN = 0
const STDOUT = 1
const WITH_VALUE = new Set(['--base-path', '--include-path', '-I', '--allow-paths'])

function parse (argv) {
  const parsed = { roots: [], file: null, version: false, standardJson: false, unknown: [] }
  for (let i = 0; i < argv.length; i++) {
    const [flag, inline] = argv[i].startsWith('--') ? argv[i].split(/=(.*)/s) : [argv[i]]
    if (flag === '--version') parsed.version = true
    else if (flag === '--standard-json') parsed.standardJson = true
    else if (WITH_VALUE.has(flag)) {
      const value = inline ?? argv[++i]
      if (flag !== '--allow-paths') parsed.roots.push(value)
    } else if (flag === '-') parsed.file = null
    else if (flag.startsWith('-')) parsed.unknown.push(flag)
    else parsed.file = flag
  }
  return parsed
}

/** Load the compiler without the process-wide exception handlers that its Emscripten runtime installs. */
function compiler () {
  const before = new Set(process.listeners('uncaughtException'))
  const solc = require(PACKAGE)
  process.removeAllListeners('unhandledRejection')
  for (const listener of process.listeners('uncaughtException')) {
    if (!before.has(listener)) process.removeListener('uncaughtException', listener)
  }
  return solc
}

/** Long version in the native spelling. Loading the compiler takes a second, so it is kept beside the package. */
function longVersion () {
  const kept = path.join(PACKAGE, '.long-version')
  try { return fs.readFileSync(kept, 'utf8') } catch {}
  const version = compiler().version().replace(/\.Emscripten\.clang$/, '.Linux.g++')
  try {
    const temporary = `${kept}.${process.pid}`
    fs.writeFileSync(temporary, version)
    fs.renameSync(temporary, kept) // whole or not at all, if two start together
  } catch {} // a read-only package folder only costs the second again
  return version
}

function find (roots) {
  return (name) => {
    for (const root of roots) {
      try { return { contents: fs.readFileSync(path.join(root, name), 'utf8') } } catch {}
    }
    return { error: `${name}: not below the base path or an include path` }
  }
}

function write (text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try { at += fs.writeSync(STDOUT, bytes, at) } catch (error) { if (error.code !== 'EAGAIN') throw error } // pipe full
  }
}

const call = parse(process.argv.slice(2))
if (call.version) {
  write(`solc, the solidity compiler commandline interface\nVersion: ${longVersion()}\n`)
} else if (call.standardJson && call.unknown.length === 0) {
  const input = fs.readFileSync(call.file === null ? STDIN : call.file, 'utf8')
  write(compiler().compile(input, { import: find(call.roots) }))
} else {
  process.stderr.write(`solcw: unsupported arguments: ${process.argv.slice(2).join(' ')}\n`)
  process.exitCode = 2
}
