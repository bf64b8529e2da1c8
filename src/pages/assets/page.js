// What pages cannot do without a script: passkeys, and output as it comes.
