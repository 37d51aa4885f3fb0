import { render } from 'preact';
import { followAddress } from './address.ts';
import { restoreSession } from './api/client.ts';
import { App } from './app.tsx';
import { followSettings } from './settings.ts';
import './styles.css';

const element = document.getElementById('console');
if (element === null) throw new Error('The page has no place for the console');
followAddress();
followSettings();
render(<App />, element);
await restoreSession();
