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

/** What the secret of a Slack channel holds. */
export interface SlackSecret {
  readonly url: URL;
}

/** What the secret's JSON object must hold, in words. */
export const slackSecretContent = 'the string field url (the address of an incoming webhook)';

/** Reads it; undefined where it is something else. */
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

/** The three characters that Slack reads as control: without them, a SIM's name could call a whole channel. */
function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
