import type { JsonObject } from '../../json/json.ts';
import type { Post } from './post.ts';
import type { Message } from './receiver.ts';
import { readUrl } from './webhook.ts';
import { writeDetails, writeHeadline } from './wording.ts';

/**
 * Slack's incoming webhooks: one message when an episode opens, one when it ends.
 *
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */

/** The content of a Slack channel's secret. */
export interface SlackSecret {
  readonly url: URL;
}

/** What the secret's JSON object must contain, for error messages. */
export const slackSecretContent = 'the string field url (the address of an incoming webhook)';

/** Parses the secret; undefined if it is invalid. */
export function readSlackSecret(members: JsonObject): SlackSecret | undefined {
  const url = readUrl(members['url']);
  return url === undefined ? undefined : { url };
}

/** The request that posts a transition to the channel. */
export function writeSlack({ url }: SlackSecret, { event, transition, told }: Message): Post {
  const { link } = event.data;
  const lines = [
    `*${escapeControl(writeHeadline(transition, told))}*`,
    ...writeDetails(transition).map(escapeControl),
    ...(link === undefined ? [] : [`<${link}|Evidence>`]),
  ];
  return {
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'simledger' },
    body: JSON.stringify({ text: lines.join('\n'), unfurl_links: false }),
  };
}

/**
 * Escapes the three characters that Slack treats as control characters: otherwise a SIM's name could notify a whole
 * channel.
 */
function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
