// A worker of an application: counts the records of the shards that it is given, and checkpoints them.
//
//     npm ci && node count-records.js HOST:PORT APPLICATION STREAM
//
// SIGTERM or SIGINT has it say goodbye: its shards go to others at once.
'use strict';

const os = require('node:os');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, application, stream] = process.argv.slice(2);
if (!stream) {
  console.error('Usage: node count-records.js HOST:PORT APPLICATION STREAM');
  process.exit(2);
}

const protos = path.join(__dirname, '../../src/Protocol/Protos');
const definition = loader.loadSync('broker/v1/applications.proto', {
  includeDirs: [protos], longs: String, enums: String, oneofs: true, defaults: true,
});
const { ApplicationService } = grpc.loadPackageDefinition(definition).broker.v1;
const client = new ApplicationService(address, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
const transient = [grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.INTERNAL, grpc.status.UNKNOWN];
const workerId = `node-${os.hostname()}-${process.pid}-${Date.now()}`.replace(/[^a-zA-Z0-9_.:-]/g, '');
const reportMilliseconds = 500; // Good for every fail-over time that there can be.

let count = 0;
let stopping = false;
let call;

function consume() {
  const leases = new Map();
  call = client.consume();
  call.write({ join: { applicationName: application, streamNames: [stream], workerId, initialPosition: { type: 'SHARD_ITERATOR_TYPE_TRIM_HORIZON' } } });
  const reporting = setInterval(() => stopping || call.write({ report: {} }), reportMilliseconds);
  const current = call;
  const say = (message) => stopping || current.write(message);

  const handlers = {
    leaseGranted({ leaseId, shardId }) {
      leases.set(leaseId, shardId);
      console.log(`${shardId} is mine`);
    },
    records({ leaseId, records, creditBytes }) {
      if (records.length === 0 || stopping) {
        return;
      }

      if (leases.has(leaseId)) {
        count += records.length;
        console.log(`${leases.get(leaseId)} ${records.length} records, ${count} in all`);
        say({ checkpoint: { leaseId, sequenceNumber: records[records.length - 1].sequenceNumber } });
      }

      say({ credit: { bytes: creditBytes } });
    },
    shardEnded({ leaseId }) {
      if (leases.delete(leaseId)) {
        say({ checkpoint: { leaseId, shardEnd: true } });
      }
    },
    handOver({ leaseId }) {
      if (leases.delete(leaseId)) {
        say({ release: { leaseId } });
      }
    },
    leaseLost({ leaseId }) {
      leases.delete(leaseId);
    },
    checkpointed({ errorCode, errorMessage }) {
      if (errorCode) {
        console.error(`not checkpointed: ${errorCode} ${errorMessage}`);
      }
    },
  };

  call.on('data', (message) => handlers[message.message]?.(message[message.message]));
  call.on('error', () => {}); // Told by the status.
  call.on('status', ({ code, details }) => {
    clearInterval(reporting);
    if (stopping) {
      finish();
    } else if (transient.includes(code)) {
      console.error(`joins again: ${details}`);
      setTimeout(() => (stopping ? finish() : consume()), reportMilliseconds);
    } else {
      console.error(`${code}: ${details}`);
      process.exit(1);
    }
  });
}

function finish() {
  console.log(`counted ${count}`);
  client.close();
}

function stop() {
  stopping = true;
  call.end();
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
consume();
