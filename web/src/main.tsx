import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { router } from './router';
import { client } from './shell/client';
import './style.scss';
import './directory/directory.scss';

// The components' styles and scripts look for these; the usual inline script is not allowed by the content security policy.
document.body.classList.add('js-enabled', 'nhsuk-frontend-supported');

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <Provider value={client}>
      <RouterProvider router={router} />
    </Provider>
  </StrictMode>,
);
