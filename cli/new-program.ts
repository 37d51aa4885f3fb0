import { Command, Help, Option } from '@commander-js/extra-typings';
import manifest from '../package.json' with { type: 'json' };
import type { CommandEnvironment } from './command.ts';

/** The program with the options of all commands. */
export type Program = ReturnType<typeof makeEmptyProgram>;

/** Makes the program, without commands. Help and errors go to the terminal. */
export function makeEmptyProgram({ terminal }: CommandEnvironment) {
  return new Command('simledger')
    .description('Operate simledger: a stack in your AWS account, or the local run')
    .version(manifest.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .addOption(
      new Option('--local', 'Use the local run (npm start) instead of a stack').conflicts([
        'region',
        'profile',
        'stack',
      ]),
    )
    .option('--stack <name>', 'Name of the stack', 'simledger')
    .option('--region <region>', 'AWS region (default: AWS_REGION, then profile)')
    .option('--profile <name>', 'AWS profile (default: AWS_PROFILE)')
    .option('--json', 'Print JSON instead of tables')
    .option('--reveal', 'Show personal values such as IMSI and addresses')
    .configureHelp({
      showGlobalOptions: true,
      // Every flag is off by default.
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
    })
    .showHelpAfterError('(Run simledger --help, or a command with --help, to see what is accepted)')
    .exitOverride();
}
