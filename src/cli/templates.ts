/** What `init` writes. Comments explain; every setting in them is off until somebody removes the `#`. */
export const peopleTemplate = `# Who may approve, with all their identities. One human, one entry.
# \`runbook people add NAME --ssh-key FILE.pub\` adds to it and keeps your comments.
people: []
`;

export const policyTemplate = `# Which steps need whose approval. Every matching rule adds to what is needed; none takes away.
# The floor holds for every privileged step, and this is what it is without this file: one other person.
# floor: { assurance: A1, pending: 30m, unused: 10m }

# rules:
#   - name: production data needs its owner's own signature
#     when: environment.name == "prod" && "data" in step.tags
#     require:
#       approvals:
#         - { id: owner, count: 1, from: [group:data_owners], assurance: A3 }
#       reason: true
`;

export const configTemplate = `# Where runbooks run. Without \`-e\` they run in \`local\`, which has no variables and is not protected.
# environments:
#   prod:
#     vars: { api: https://api.example.com }
#     hosts: [api.example.com]
#     protected: true

# default_environment: prod

# In a protected environment, runbooks from anywhere else have every step privileged.
# trusted_folders: [/srv/runbooks]
`;

/** Appended where `init --system` makes the machine's own configuration. */
export const spoolTemplate = (dir: string): string => `
# Accounts of this host that are in the group of this folder see each other's requests, and decide there.
channels:
  spool: { dir: ${dir} }
`;

export const helloRunbook = `name: hello
description: Say hello, then do something that another person must approve.
params:
  who: { type: string, default: world }
env:
  WHO: \${{ params.who }}
steps:
  - id: greet
    name: Say hello
    run: echo "hello, $WHO"

  - id: change
    name: Change something
    privileged: true
    run: echo "changed something for $WHO"
`;
