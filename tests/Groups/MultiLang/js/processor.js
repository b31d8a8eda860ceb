// A record processor as one is written for KCL in Node: it knows nothing of Broker. What happens to it, it appends to a file.
'use strict';

const fs = require('node:fs');
const kcl = require('aws-kcl');

const log = process.argv[2];
let shard = '?';
const tell = (...words) => fs.appendFileSync(log, [shard, process.pid, ...words].join(' ') + '\n');

kcl({
  initialize(input, done) {
    shard = input.shardId;
    tell('initialize', input.sequenceNumber, input.subSequenceNumber);
    console.error(`processor of ${shard} begins`);
    done();
  },

  processRecords(input, done) {
    for (const record of input.records) {
      tell('record', record.partitionKey, Buffer.from(record.data, 'base64').toString(), record.sequenceNumber, record.subSequenceNumber);
    }

    const last = input.records[input.records.length - 1];
    input.checkpointer.checkpoint(last.sequenceNumber, (error, number) => {
      tell('checkpoint', number, error || 'durable');
      if (error) {
        done();
        return;
      }

      // One that cannot be.
      input.checkpointer.checkpoint('9' + last.sequenceNumber, (wrong) => {
        tell('wrong', wrong);
        done();
      });
    });
  },

  leaseLost(input, done) {
    tell('leaseLost');
    done();
  },

  shardEnded(input, done) {
    input.checkpointer.checkpoint((error) => {
      tell('shardEnded', error || 'durable');
      done();
    });
  },

  shutdownRequested(input, done) {
    input.checkpointer.checkpoint((error) => {
      tell('shutdownRequested', error || 'durable');
      done();
    });
  },
}).run();
