#!/usr/bin/env node
console.log('lanpair');
