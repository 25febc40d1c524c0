#!/usr/bin/env node
console.log(process.version, process.cwd(), !!process.env.FOO);
