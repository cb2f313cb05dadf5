// The playground: choose or write a scenario, turn its sliders, run it in this tab, compare two. Part of the playground.

import 'uplot/dist/uPlot.min.css';
import '../page/style.css';
import './style.css';
import { render } from 'preact';
import { App } from './app.js';

render(<App />, document.getElementById('app')!);
