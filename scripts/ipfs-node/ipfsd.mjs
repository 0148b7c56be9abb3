// A real IPFS node (js-ipfs) that speaks Kubo's HTTP RPC on 127.0.0.1 and keeps to itself: no bootstrap, no discovery.
// Usage: node ipfsd.mjs REPO PORT      PORT 0 means any; prints "READY <multiaddress>" once it answers, ends on SIGTERM.
import { existsSync, statSync } from 'node:fs'
import { create } from 'ipfs-core'
import { HttpApi } from 'ipfs-http-server'

const [repo, port] = process.argv.slice(2)
if (!repo || !/^\d+$/.test(port ?? '')) {
  console.error('usage: node ipfsd.mjs REPO PORT')
  process.exit(2)
}

// A node that was killed leaves a lock behind, which counts as stale when it was not renewed for 20 s: wait for that
// before opening the repository, because js-ipfs cannot try a second time in one process.
const STALE_MILLISECONDS = 21_000
const lock = `${repo}/repo.lock`
while (existsSync(lock) && Date.now() - statSync(lock).mtimeMs < STALE_MILLISECONDS) {
  await new Promise((resolve) => setTimeout(resolve, 500))
}

const node = await create({
  repo,
  silent: true,
  preload: { enabled: false },
  init: { emptyRepo: true, profiles: ['test'] },
  config: {
    Addresses: {
      Swarm: ['/ip4/127.0.0.1/tcp/0'],
      API: `/ip4/127.0.0.1/tcp/${port}`,
      Gateway: '',
      RPC: '',
      Delegates: []
    },
    Bootstrap: [],
    Discovery: { MDNS: { Enabled: false } }
  }
})
const api = new HttpApi(node)
await api.start()

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await api.stop()
    await node.stop()
    process.exit(0)
  })
}
console.log('READY ' + api._apiServers[0].info.uri)
