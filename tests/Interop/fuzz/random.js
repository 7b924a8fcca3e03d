"use strict";

/** Chance that a seed repeats: a small generator (mulberry32), the same on every machine. */
class Random {
    #state;

    constructor(seed) {
        this.#state = seed >>> 0;
    }

    /** From 0 up to, not including, 1. */
    next() {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = this.#state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    }

    /** A whole number from 0 up to, not including, a limit. */
    below(limit) {
        return Math.floor(this.next() * limit);
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    /** True once in so many times. */
    once(times) {
        return this.below(times) === 0;
    }

    bytes(length) {
        return Buffer.from(Array.from({ length }, () => this.below(256)));
    }
}

module.exports = { Random };
